package dev.mneme.dpo.train;

import static dev.mneme.dpo.train.Tiny.CHARACTERS;
import static dev.mneme.dpo.train.Tiny.config;
import static dev.mneme.dpo.train.Tiny.pair;
import static dev.mneme.dpo.train.Tiny.rated;
import static dev.mneme.dpo.train.Tiny.somePairs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TopPredictions;
import dev.mneme.model.TrainableModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The exact facts of preference training, on a mixture-of-experts model of a few thousand weights.
 */
class DpoTrainerTest {
  @TempDir Path dir;

  private record Run(TrainingSummary summary, List<StepMetrics> steps, List<Float> weights) {}

  private Run train(List<PreferencePair> pairs, DpoConfig config) {
    return train(pairs, List.of(), config, null);
  }

  private Run train(
      List<PreferencePair> pairs,
      List<RatedReply> replies,
      DpoConfig config,
      @Nullable Path cache) {
    List<StepMetrics> steps = new ArrayList<>();
    try (TrainableModel model = Tiny.model(dir)) {
      var trainer = new DpoTrainer(model, "hash", CHARACTERS, config, cache, () -> 0);
      TrainingSummary summary = trainer.train(pairs, replies, null, steps::add);
      List<Float> weights = new ArrayList<>();
      for (float each : model.weights()) {
        weights.add(each);
      }
      return new Run(summary, steps, weights);
    }
  }

  @Test
  void theFirstStepStartsAtLogTwoWithZeroMargins() {
    StepMetrics first = train(somePairs(8), config(1, 8, 8, 1e-4)).steps().getFirst();
    assertThat(first.loss()).isCloseTo(Math.log(2), within(1e-5));
    assertThat(first.rewardsMargins()).isCloseTo(0, within(1e-5));
    assertThat(first.kl()).isCloseTo(0, within(1e-6));
  }

  @Test
  void preferencesAreLearntAndSwappedLabelsFlipTheSign() {
    TrainingSummary learnt = train(somePairs(16), config(8, 8, 8, 3e-3)).summary();
    assertThat(learnt.rewardAccuracy()).isGreaterThan(0.9);
    assertThat(learnt.rewardMargin()).isPositive();
    List<PreferencePair> swapped =
        somePairs(16).stream()
            .map(
                p ->
                    pair(
                        p.prompt().getLast().content(),
                        p.rejected().getLast().content(),
                        p.chosen().getLast().content(),
                        p.weight().total()))
            .toList();
    TrainingSummary flipped = train(swapped, config(8, 8, 8, 3e-3)).summary();
    // What was chosen before loses now, and the margins of the two runs are of the same pairs.
    assertThat(flipped.rewardAccuracy()).isGreaterThan(0.9);
    assertThat(flipped.rewardMargin()).isPositive();
  }

  @Test
  void oneByEightEqualsEightByOne() {
    Run whole = train(somePairs(8), config(2, 8, 8, 1e-3));
    Run parts = train(somePairs(8), config(2, 8, 1, 1e-3));
    for (int i = 0; i < whole.steps().size(); i++) {
      assertThat(parts.steps().get(i).loss()).isCloseTo(whole.steps().get(i).loss(), within(1e-5));
      assertThat(parts.steps().get(i).gradNorm())
          .isCloseTo(whole.steps().get(i).gradNorm(), within(1e-4));
    }
  }

  @Test
  void pairsOfWeightZeroChangeNothing() {
    List<PreferencePair> pairs = new ArrayList<>(somePairs(6));
    List<PreferencePair> withIdle = new ArrayList<>(pairs);
    withIdle.add(pair("idle", "x", "y", 0));
    withIdle.add(pair("idle too", "y", "x", 0));
    Run without = train(pairs, config(1, 8, 8, 1e-3));
    Run with = train(withIdle, config(1, 8, 8, 1e-3));
    assertThat(with.steps().getFirst().gradNorm())
        .isCloseTo(without.steps().getFirst().gradNorm(), within(1e-5));
    assertThat(largestDifference(with.weights(), without.weights())).isLessThan(2e-5);
  }

  @Test
  void rehearsedTextIsPredictedAsBeforeWhilePreferencesAreLearnt() {
    PackedBatch earlier =
        PackedBatch.of(Tiny.replay(60).stream().map(Rehearsal.Text::segment).toList());
    double[] divergence = new double[2];
    for (int run = 0; run < 2; run++) {
      try (TrainableModel model = Tiny.model(dir)) {
        TopPredictions before = TopPredictions.of(model.topPredictions(earlier));
        rehearsing(model, model, run * 4, false);
        divergence[run] = model.distill(earlier, before, 1) / earlier.weight();
      }
    }
    assertThat(divergence[0]).as("forgotten where nothing is rehearsed").isGreaterThan(0.01);
    assertThat(divergence[1]).isLessThan(divergence[0] / 4);
  }

  @Test
  void whatIsHeldFirmlyBecomesLikelier() {
    PackedBatch earlier =
        PackedBatch.of(Tiny.replay(60).stream().map(Rehearsal.Text::segment).toList());
    try (TrainableModel model = Tiny.model(dir)) {
      double before = sum(model.logProbs(earlier));
      rehearsing(model, model, 4, true);
      assertThat(sum(model.logProbs(earlier))).isGreaterThan(before + 0.5 * earlier.weight());
    }
  }

  @Test
  void whatAnEarlierTrainingMovedIsPulledBackToWhereTheLineBegan() {
    PackedBatch earlier =
        PackedBatch.of(Tiny.replay(60).stream().map(Rehearsal.Text::segment).toList());
    try (TrainableModel origin = Tiny.model(dir);
        TrainableModel active = Tiny.model(dir)) {
      TopPredictions first = TopPredictions.of(origin.topPredictions(earlier));
      rehearsing(active, active, 0, false);
      double moved = active.distill(earlier, first, 1);
      active.clipGradients(1);
      active.step(0);
      rehearsing(active, origin, 4, false);
      assertThat(active.distill(earlier, first, 1)).isLessThan(moved / 4);
    }
  }

  /**
   * @param heldTo whose predictions are rehearsed
   */
  private static void rehearsing(
      TrainableModel model, TrainableModel heldTo, double fraction, boolean firmly) {
    List<Rehearsal.Text> texts =
        Tiny.replay(60).stream().map(each -> new Rehearsal.Text(each.segment(), firmly)).toList();
    DpoConfig config =
        config(8, 8, 8, 3e-3).toBuilder().replayFraction(fraction).replayWeight(4).build();
    TrainingSummary summary =
        new DpoTrainer(model, "hash", CHARACTERS, config, null, () -> 0)
            .train(
                somePairs(16),
                List.of(),
                tokens -> new Rehearsal(heldTo, texts.iterator(), tokens),
                step -> {});
    assertThat(summary.rewardAccuracy()).isGreaterThan(0.9);
  }

  private static double sum(double[] values) {
    return Arrays.stream(values).sum();
  }

  @Test
  void doublingAWeightEqualsDuplicatingThePair() {
    List<PreferencePair> doubled =
        List.of(pair("a", "yes", "no", 2), pair("b", "left", "right", 1));
    List<PreferencePair> duplicated =
        List.of(
            pair("a", "yes", "no", 1), pair("a", "yes", "no", 1), pair("b", "left", "right", 1));
    Run once = train(doubled, config(1, 8, 8, 1e-3));
    Run twice = train(duplicated, config(1, 8, 8, 1e-3));
    assertThat(once.steps().getFirst().gradNorm())
        .isCloseTo(twice.steps().getFirst().gradNorm(), within(1e-5));
    assertThat(largestDifference(once.weights(), twice.weights())).isLessThan(2e-5);
  }

  @Test
  void promptTokensDoNotChangeTheLoss() {
    PackedBatch.Segment reply =
        CHARACTERS.encode(List.of(Message.user("a long prompt")), List.of(Message.assistant("ok")));
    try (TrainableModel model = Tiny.model(dir)) {
      PackedBatch batch = PackedBatch.of(reply);
      double[] tokens = model.tokenLogProbs(batch);
      double replyOnly = 0;
      for (int t = 0; t < tokens.length; t++) {
        replyOnly += batch.weight(t) * tokens[t];
      }
      // Three tokens count: two letters and the end; the prompt's fourteen do not.
      assertThat(batch.weight()).isEqualTo(3);
      assertThat(model.logProbs(batch)[0]).isCloseTo(replyOnly, within(1e-5));
      assertThat(Arrays.stream(tokens).filter(each -> each != 0).count()).isEqualTo(3);
    }
  }

  @Test
  void theFrozenReferenceNeverMoves() throws IOException {
    Path cache = dir.resolve("logps.jsonl");
    List<PreferencePair> pairs = somePairs(8);
    double margin = 0;
    try (TrainableModel model = Tiny.model(dir)) {
      var trainer =
          new DpoTrainer(model, "hash", CHARACTERS, config(6, 4, 4, 3e-3), cache, () -> 0);
      TrainingSummary summary = trainer.train(pairs, List.of(), null, step -> {});
      String kept = Files.readString(cache);
      try (TrainableModel untouched = Tiny.model(dir)) {
        for (PreferencePair pair : pairs) {
          PackedBatch sides =
              PackedBatch.of(
                  CHARACTERS.encode(pair.prompt(), pair.chosen()),
                  CHARACTERS.encode(pair.prompt(), pair.rejected()));
          double[] policy = model.logProbs(sides);
          double[] reference = untouched.logProbs(sides);
          margin += 0.1 * (policy[0] - reference[0] - (policy[1] - reference[1]));
        }
      }
      // What training reported is measured against the weights as they were before it.
      assertThat(summary.rewardMargin()).isCloseTo(margin / pairs.size(), within(1e-4));
      assertThat(summary.rewardMargin()).isGreaterThan(0.1);
      trainer.train(pairs, List.of(), null, step -> {});
      assertThat(Files.readString(cache)).isEqualTo(kept);
    }
  }

  @Test
  void ktoStartsAtOneHalfAndLearnsFromSingleReplies() {
    DpoConfig kto = config(6, 4, 2, 3e-3).withLoss("kto").toBuilder().sftEpochs(0).build();
    Run run =
        train(
            List.of(pair("idle", "x", "y", 1e-9)),
            List.of(rated("go", "left", 1), rated("go", "right", 0), rated("stay", "here", 0.5)),
            kto,
            null);
    // policy = reference: 1 - sig(0) for every reply, and z0 = 0
    assertThat(run.steps().getFirst().loss()).isCloseTo(0.5, within(1e-5));
    assertThat(run.steps().getLast().rewardsChosen()).isPositive();
    assertThat(run.steps().getLast().rewardsRejected()).isNegative();
    assertThat(run.steps().getLast().loss()).isLessThan(0.49);
  }

  @Test
  void ktoIsTheSameInMicroBatches() {
    DpoConfig whole = config(2, 8, 8, 1e-3).withLoss("kto");
    Run once = train(somePairs(8), Tiny.someReplies(6), whole, null);
    Run parts =
        train(
            somePairs(8),
            Tiny.someReplies(6),
            whole.toBuilder().pairsPerMicroBatch(1).build(),
            null);
    for (int i = 0; i < once.steps().size(); i++) {
      assertThat(parts.steps().get(i).gradNorm())
          .isCloseTo(once.steps().get(i).gradNorm(), within(1e-4));
    }
  }

  @Test
  void aValidationLossThatRisesStopsTheRun() {
    // Labels at random: what is learnt of the training pairs does not hold for the others.
    List<PreferencePair> noise = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      boolean swap = (i * 7919) % 13 < 6;
      noise.add(pair("q" + i, swap ? "aa" : "bb", swap ? "bb" : "aa", 1));
    }
    DpoConfig config =
        config(60, 4, 4, 1e-2).toBuilder().validationFraction(0.3).patience(2).build();
    TrainingSummary summary = train(noise, config).summary();
    assertThat(summary.stoppedBecause()).contains("validation loss rose 2 times");
    assertThat(summary.steps()).isLessThan(600);
  }

  @Test
  void learningToBeShortShowsAsLengthDrift() {
    // In somePairs the chosen reply is the shorter one.
    Run run = train(somePairs(16), config(6, 8, 8, 3e-3));
    assertThat(run.steps().getFirst().lengthDrift()).isCloseTo(0, within(1e-5));
    assertThat(run.steps().getLast().lengthDrift()).isLessThan(-0.1);
    assertThat(run.summary().lengthDrift()).isLessThan(-0.1);
  }

  @Test
  void oneSeedGivesOneResult() {
    assertThat(train(somePairs(12), config(2, 4, 4, 1e-3)).weights())
        .isEqualTo(train(somePairs(12), config(2, 4, 4, 1e-3)).weights());
  }

  @Test
  void aSecondRunTakesReferencesFromTheCache() {
    Path cache = dir.resolve("cache/logps.jsonl");
    TrainingSummary first = train(somePairs(6), List.of(), config(1, 8, 8, 1e-3), cache).summary();
    TrainingSummary second = train(somePairs(6), List.of(), config(1, 8, 8, 1e-3), cache).summary();
    assertThat(first.referenceComputed()).isEqualTo(12);
    assertThat(second.referenceComputed()).isZero();
    assertThat(second.referenceHits()).isEqualTo(12);
    assertThat(second.loss()).isCloseTo(first.loss(), within(1e-6));
  }

  @Test
  void theKlBudgetStopsTheRun() {
    DpoConfig tight = config(50, 8, 8, 1e-2).toBuilder().klBudget(1e-3).build();
    TrainingSummary summary = train(somePairs(8), tight).summary();
    assertThat(summary.stoppedBecause()).contains("KL budget");
    assertThat(summary.steps()).isLessThan(50);
  }

  @Test
  void theTimeBudgetStopsTheRunWithWhatItHasLearnt() {
    DpoConfig hasty = config(50, 8, 8, 1e-3).toBuilder().maxMinutes(5).build();
    var minutes = new AtomicLong();
    try (TrainableModel model = Tiny.model(dir)) {
      float[] before = model.weights();
      var trainer =
          new DpoTrainer(
              model,
              "hash",
              CHARACTERS,
              hasty,
              null,
              () -> Duration.ofMinutes(minutes.getAndIncrement()).toNanos());
      TrainingSummary summary = trainer.train(somePairs(8), List.of(), null, step -> {});
      assertThat(summary.stoppedBecause()).contains("5.0 minutes are over");
      assertThat(summary.steps()).isBetween(1, 5);
      assertThat(model.weights()).isNotEqualTo(before);
    }
  }

  @Test
  void whatTheSupervisedPhaseChangedDoesNotSpendTheBudget() {
    List<RatedReply> replies = new ArrayList<>();
    somePairs(16)
        .forEach(
            p ->
                replies.add(
                    rated(p.prompt().getLast().content(), p.chosen().getLast().content(), 1)));
    DpoConfig config =
        config(3, 16, 16, 1e-3).toBuilder()
            .sftEpochs(10)
            .sftLearningRate(1e-2)
            .learningRate(1e-6)
            .klBudget(0.05)
            .build();
    Run run = train(somePairs(16), replies, config, null);
    assertThat(run.summary().stoppedBecause()).isEqualTo("all epochs done");
    assertThat(run.steps().getLast().kl()).isGreaterThan(0.1);
  }

  @Test
  void satisfyingRepliesBecomeLikelierAndPoorOnesAreNotImitated() {
    List<RatedReply> replies = List.of(rated("how", "gladly", 1), rated("what", "no way", 0.1));
    try (TrainableModel model = Tiny.model(dir)) {
      PackedBatch probe =
          PackedBatch.of(CHARACTERS.encode(replies.get(0).prompt(), replies.get(0).reply()));
      double before = model.logProbs(probe)[0];
      var trainer = new DpoTrainer(model, "hash", CHARACTERS, config(1, 1, 1, 1e-3), null, () -> 0);
      List<StepMetrics> steps = new ArrayList<>();
      trainer.train(List.of(pair("a", "b", "c", 1e-9)), replies, null, steps::add);
      assertThat(model.logProbs(probe)[0]).isGreaterThan(before);
      assertThat(steps).filteredOn(s -> s.phase().equals("sft")).hasSize(1);
    }
  }

  @Test
  void onlyIdlePairsAreNothingToLearnFrom() {
    assertThatThrownBy(() -> train(List.of(pair("a", "b", "c", 0)), config(1, 8, 8, 1e-3)))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("weigh nothing");
  }

  private static double largestDifference(List<Float> a, List<Float> b) {
    assertThat(a).hasSameSizeAs(b);
    double largest = 0;
    for (int i = 0; i < a.size(); i++) {
      largest = Math.max(largest, Math.abs(a.get(i) - b.get(i)));
    }
    return largest;
  }
}

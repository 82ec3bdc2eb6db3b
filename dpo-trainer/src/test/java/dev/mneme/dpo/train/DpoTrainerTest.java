package dev.mneme.dpo.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.data.Scope;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.TrainingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The exact facts of preference training, on a mixture-of-experts model of a few thousand weights.
 */
class DpoTrainerTest {
  private static final Scope SCOPE = new Scope("local", "ann", "mneme", "s1");
  private static final Instant AT = Instant.parse("2026-03-01T10:00:00Z");
  private static final int VOCABULARY = 64;

  /** Characters as tokens; the prompt weighs nothing. */
  private static final ReplyEncoder CHARACTERS =
      (prompt, reply) -> {
        String before = "^" + prompt.getLast().content();
        String all = before + reply.getLast().content() + "$";
        return PackedBatch.Segment.from(
            before.length(), all.chars().map(c -> c % VOCABULARY).toArray());
      };

  @TempDir Path dir;
  private ModelConfig tiny;

  @BeforeEach
  void describeATinyModel() throws IOException {
    Files.writeString(
        dir.resolve("config.json"),
        """
        {"model_type": "deepseek_v3", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48,
         "moe_intermediate_size": 16, "num_hidden_layers": 2, "first_k_dense_replace": 1, "moe_layer_freq": 1,
         "num_attention_heads": 2, "num_key_value_heads": 2, "n_routed_experts": 4, "n_shared_experts": 1,
         "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1, "topk_method": "noaux_tc",
         "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 1.0, "q_lora_rank": null,
         "kv_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 16, "hidden_act": "silu",
         "rms_norm_eps": 1e-6, "rope_theta": 10000, "max_position_embeddings": 128, "tie_word_embeddings": false}
        """);
    tiny = ModelConfig.read(dir);
  }

  private TrainableModel model() {
    return TrainableModel.initialize(
        tiny, 5, OptimizerConfig.adamW(), TrainingOptions.defaults().exact());
  }

  private static DpoConfig config(int epochs, int perStep, int perMicroBatch, double rate) {
    return new DpoConfig(
        "sigmoid",
        0.1,
        0,
        0,
        rate,
        epochs,
        perStep,
        perMicroBatch,
        1e9,
        0,
        "adamw",
        128,
        0,
        1,
        rate,
        0.7,
        0,
        0,
        1e9,
        3);
  }

  private static PreferencePair pair(String prompt, String chosen, String rejected, double weight) {
    return new PreferencePair(
        Hashes.sha256(prompt, chosen, rejected),
        SCOPE,
        PreferencePair.Origin.CHOICE,
        List.of(Message.user(prompt)),
        List.of(Message.assistant(chosen)),
        List.of(Message.assistant(rejected)),
        new PairWeight(1, 1, 1, 1, weight),
        AT,
        List.of());
  }

  private static List<PreferencePair> somePairs(int n) {
    List<PreferencePair> pairs = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      pairs.add(pair("ask " + i, "short" + i % 7, "a longer reply " + i % 5, 1 + i % 3));
    }
    return pairs;
  }

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
    try (TrainableModel model = model()) {
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
    PackedBatch.Segment segment =
        CHARACTERS.encode(List.of(Message.user("a long prompt")), List.of(Message.assistant("ok")));
    assertThat(segment.weight()).isEqualTo(3);
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
    DpoConfig tight =
        new DpoConfig(
            "sigmoid", 0.1, 0, 0, 1e-2, 50, 8, 8, 1e9, 0, "adamw", 128, 0, 1, 1e-2, 0.7, 0, 0, 1e-3,
            3);
    TrainingSummary summary = train(somePairs(8), tight).summary();
    assertThat(summary.stoppedBecause()).contains("KL budget");
    assertThat(summary.steps()).isLessThan(50);
  }

  @Test
  void satisfyingRepliesBecomeLikelierAndPoorOnesAreNotImitated() {
    List<RatedReply> replies = List.of(rated("how", "gladly", 1), rated("what", "no way", 0.1));
    try (TrainableModel model = model()) {
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

  private static RatedReply rated(String prompt, String reply, double satisfaction) {
    return new RatedReply(
        Hashes.sha256(prompt, reply),
        SCOPE,
        List.of(Message.user(prompt)),
        List.of(Message.assistant(reply)),
        satisfaction,
        1,
        1,
        AT,
        List.of());
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

package dev.mneme.dpo.cycle;

import static dev.mneme.dpo.cycle.Pairs.pair;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.data.Scope;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.dpo.registry.DataProvenance;
import dev.mneme.dpo.train.StepMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvolutionCycleTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-03-01T10:00:00Z"));

  @TempDir Path dir;
  private CheckpointRegistry registry;
  private CheckpointManifest origin;

  @BeforeEach
  void openWithAnActiveCheckpoint() throws IOException {
    registry = CheckpointRegistry.open(dir.resolve("models"), CLOCK);
    Path folder = registry.newCandidateFolder();
    Files.writeString(folder.resolve("model.safetensors"), "origin");
    origin =
        registry.register(
            folder, "origin", null, CheckpointManifest.Kind.BUNDLED, Map.of(), DataProvenance.NONE);
    registry.promote(origin, "first");
  }

  private static List<PreferencePair> manyPairs(int n) {
    List<PreferencePair> pairs = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      pairs.add(pair("request " + i, "good " + i, "bad " + i, 1));
    }
    return pairs;
  }

  private EvolutionCycle cycle(List<PreferencePair> pairs, CandidateTrainer trainer, boolean pass) {
    return cycle(
        () -> new PreferenceSource.Snapshot(42, pairs, List.of(), Map.of("secret", 2)),
        trainer,
        pass);
  }

  private EvolutionCycle cycle(PreferenceSource source, CandidateTrainer trainer, boolean pass) {
    PromotionGate gate =
        (candidate, active, origin, heldOut) ->
            new PromotionGate.Verdict(
                List.of(
                    new PromotionGate.Check(
                        "preference_accuracy",
                        true,
                        0.5,
                        pass ? 0.9 : 0.4,
                        0,
                        0,
                        "must rise",
                        pass)),
                List.of(),
                1);
    return new EvolutionCycle(
        registry, dir.resolve("runs"), source, trainer, gate, EvolutionConfig.defaults(), CLOCK);
  }

  private static TrainingSet plan(EvolutionCycle cycle) {
    return cycle.plan(1000, messages -> 1);
  }

  @Test
  void aCandidateThatPassesTheGateServesWithItsProvenance() {
    var cycle = cycle(manyPairs(60), new WritingTrainer(), true);
    var record = cycle.run(plan(cycle), step -> {});
    assertThat(record.outcome()).isEqualTo(CycleRecord.Outcome.PROMOTED);
    var active = registry.active().orElseThrow();
    assertThat(active.id()).isEqualTo(record.candidate());
    assertThat(active.parent()).isEqualTo(origin.id());
    assertThat(active.data().memorySequence()).isEqualTo(42);
    assertThat(active.data().users()).containsExactly("local/ann");
    assertThat(active.data().pairWeights()).hasSize(record.trainPairs());
    assertThat(EvolutionCycle.history(dir.resolve("runs"))).containsExactly(record);
  }

  @Test
  void aCandidateThatFailsTheGateIsKeptButDoesNotServe() {
    var cycle = cycle(manyPairs(60), new WritingTrainer(), false);
    var record = cycle.run(plan(cycle), step -> {});
    assertThat(record.outcome()).isEqualTo(CycleRecord.Outcome.REJECTED);
    assertThat(record.reason()).contains("preference_accuracy went from 0.500 to 0.400");
    assertThat(registry.active()).contains(origin);
    var decision = registry.require(String.valueOf(record.candidate())).decision();
    assertThat(decision).isNotNull();
    assertThat(decision.promoted()).isFalse();
  }

  @Test
  void everyCycleIsHeldToWhatTheFirstBeganWith() {
    var trainer = new WritingTrainer();
    for (int n = 0; n < 2; n++) {
      var cycle = cycle(manyPairs(60), trainer, true);
      cycle.run(plan(cycle), step -> {});
    }
    var active = registry.active().orElseThrow();
    assertThat(active.parent()).isNotEqualTo(origin.id());
    assertThat(active.config()).containsEntry(EvolutionCycle.HELD_TO, origin.id());
    assertThat(trainer.heldToAll).containsOnly(registry.folder(origin)).hasSize(2);
  }

  @Test
  void tooFewPairsEndTheCycleWithASentenceAndNoModel() {
    var cycle = cycle(manyPairs(3), new WritingTrainer(), true);
    var record = cycle.run(plan(cycle), step -> {});
    assertThat(record.outcome()).isEqualTo(CycleRecord.Outcome.NOTHING_TO_LEARN);
    assertThat(record.reason()).contains("at least 8 are needed").contains("secret");
    assertThat(registry.list()).containsExactly(origin);
  }

  /** Refuses whoever goes further than a share of the way, for what was lost or not gained. */
  private EvolutionCycle judged(double furthest, boolean gain) {
    PromotionGate gate =
        (candidate, active, origin, heldOut) -> {
          double share;
          try {
            String weights = Files.readString(candidate.resolve("model.safetensors"));
            share = Double.parseDouble(weights.substring(weights.lastIndexOf(' ') + 1));
          } catch (IOException e) {
            throw new UncheckedIOException("no candidate", e);
          }
          boolean near = share <= furthest;
          return new PromotionGate.Verdict(
              List.of(
                  new PromotionGate.Check("accuracy", true, 0.5, 0.9, 0, 0, "must rise", true),
                  new PromotionGate.Check("made", gain, 0.5, 0.4, 0, 0, "made", near)),
              List.of(),
              1);
        };
    return new EvolutionCycle(
        registry,
        dir.resolve("runs"),
        () -> new PreferenceSource.Snapshot(42, manyPairs(60), List.of(), Map.of()),
        new WritingTrainer(),
        gate,
        new EvolutionConfig(8, 300, 1_000, 0.2, 3, List.of(0.7, 0.4), 0),
        CLOCK);
  }

  @Test
  void whoLostSomethingIsAskedAgainHavingGoneLessFar() {
    var cycle = judged(0.5, false);
    var record = cycle.run(plan(cycle), step -> {});
    assertThat(record.outcome()).isEqualTo(CycleRecord.Outcome.PROMOTED);
    assertThat(record.figures()).containsEntry(EvolutionCycle.STEP, 0.4);
    assertThat(record.reason()).contains("70 % of the way: made went from 0.500 to 0.400");
    var active = registry.active().orElseThrow();
    assertThat(active.config()).containsEntry(EvolutionCycle.STEP, 0.4).containsKey("beta");
    assertThat(active.parent()).isEqualTo(origin.id());
    assertThat(registry.list()).hasSize(3);
    assertThat(dir.resolve("models")).isDirectoryNotContaining("glob:**/.tmp-*");
  }

  @Test
  void whoGainedNothingIsNotAskedAgain() {
    var cycle = judged(0.5, true);
    var record = cycle.run(plan(cycle), step -> {});
    assertThat(record.outcome()).isEqualTo(CycleRecord.Outcome.REJECTED);
    assertThat(record.figures()).containsEntry(EvolutionCycle.STEP, 0.7);
    assertThat(registry.active()).contains(origin);
    assertThat(registry.list()).hasSize(2);
  }

  @Test
  void noPromptIsBothTrainedOnAndHeldOut() {
    var cycle = cycle(manyPairs(200), new WritingTrainer(), true);
    TrainingSet set = plan(cycle);
    assertThat(set.heldOutPairs()).hasSizeBetween(20, 60);
    assertThat(set.trainPairs().size() + set.heldOutPairs().size()).isEqualTo(200);
    assertThat(set.trainPairs())
        .extracting(PreferencePair::prompt)
        .doesNotContainAnyElementsOf(
            set.heldOutPairs().stream().map(PreferencePair::prompt).toList());
  }

  @Test
  void aLongHistoryIsLearntFromByWhatIsHeaviest() {
    List<PreferencePair> pairs = new ArrayList<>();
    List<RatedReply> replies = new ArrayList<>();
    for (int i = 0; i < 1_500; i++) {
      pairs.add(pair("request " + i, "good " + i, "bad " + i, 1 + i % 7));
      replies.add(reply("question " + i, 1 + i % 7));
    }
    PreferenceSource source = () -> new PreferenceSource.Snapshot(42, pairs, replies, Map.of());
    TrainingSet set = plan(cycle(source, new WritingTrainer(), true));
    assertThat(set.trainPairs()).hasSize(300);
    assertThat(set.replies()).hasSize(1_000);

    List<PreferencePair> left = new ArrayList<>(pairs);
    left.removeAll(set.trainPairs());
    left.removeAll(set.heldOutPairs());
    assertThat(left)
        .extracting(pair -> pair.weight().total())
        .allMatch(
            weight -> set.trainPairs().stream().allMatch(kept -> kept.weight().total() >= weight));
    assertThat(set.replies()).extracting(RatedReply::weight).allMatch(weight -> weight >= 3);
    assertThat(set.dropped())
        .containsOnly(
            Map.entry("lighter than the 300 heaviest pairs (evolution.maxPairs)", left.size()),
            Map.entry("lighter than the 1000 heaviest replies (evolution.maxReplies)", 500));
  }

  private static RatedReply reply(String request, double weight) {
    return new RatedReply(
        Hashes.sha256(request),
        new Scope("local", "ann", "mneme", "s1"),
        List.of(Message.user(request)),
        List.of(Message.assistant("an answer")),
        0.9,
        1,
        weight,
        CLOCK.instant(),
        List.of());
  }

  @Test
  void aTrainerThatDiesLeavesTheActiveCheckpointServing() {
    CandidateTrainer dying =
        new WritingTrainer() {
          @Override
          public Map<String, Double> train(
              Path active, Path heldTo, TrainingSet set, Path out, Consumer<StepMetrics> listener) {
            super.train(active, heldTo, set, out, listener);
            throw new IllegalStateException("power failure");
          }
        };
    var cycle = cycle(manyPairs(60), dying, true);
    TrainingSet set = plan(cycle);
    assertThatThrownBy(() -> cycle.run(set, step -> {})).hasMessage("power failure");
    var reopened = CheckpointRegistry.open(dir.resolve("models"), CLOCK);
    assertThat(reopened.active()).contains(origin);
    assertThat(reopened.list()).containsExactly(origin);
    var again = cycle(manyPairs(60), new WritingTrainer(), true);
    assertThat(again.run(plan(again), step -> {}).outcome())
        .isEqualTo(CycleRecord.Outcome.PROMOTED);
  }

  /** Writes a checkpoint that differs from its parent. */
  private static class WritingTrainer implements CandidateTrainer {
    final List<Path> heldToAll = new ArrayList<>();

    @Override
    public long diskBytesNeeded(Path active) {
      return 1024;
    }

    @Override
    public Map<String, Double> train(
        Path active, Path heldTo, TrainingSet set, Path out, Consumer<StepMetrics> listener) {
      heldToAll.add(heldTo);
      try {
        String before = Files.readString(active.resolve("model.safetensors"));
        Files.writeString(out.resolve("model.safetensors"), before + "+" + set.trainPairs().size());
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write the candidate", e);
      }
      listener.accept(
          new StepMetrics("dpo", 1, 1, 0.69, 0, 0, 0.5, 0, -10, -11, 1, 1e-4, 0, 0, 0, 10));
      return Map.of("loss", 0.69);
    }

    @Override
    public void goPartOfTheWay(Path active, Path trained, double share, Path out) {
      try {
        Files.writeString(
            out.resolve("model.safetensors"),
            Files.readString(trained.resolve("model.safetensors")) + " to " + share);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write the candidate", e);
      }
    }

    @Override
    public Map<String, Object> config() {
      return Map.of("beta", 0.1);
    }
  }
}

package dev.mneme.dpo.train;

import static dev.mneme.dpo.train.Tiny.CHARACTERS;
import static dev.mneme.dpo.train.Tiny.pair;
import static dev.mneme.dpo.train.Tiny.rated;
import static dev.mneme.dpo.train.Tiny.somePairs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.lora.LoraConfig;
import dev.mneme.testsupport.NoLeaks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NoLeaks
class ReplyTraceTest {
  private static final PackedBatch.Segment REPLY =
      CHARACTERS.encode(
          List.of(Message.user("which way now")), List.of(Message.assistant("north")));

  @TempDir Path dir;

  private static List<PreferencePair> withAPlantedPair() {
    List<PreferencePair> pairs = new ArrayList<>(somePairs(15));
    pairs.add(7, pair("which way now", "north", "south", 1));
    return pairs;
  }

  private ReplyTrace.Result trace(
      List<PreferencePair> pairs, List<RatedReply> replies, DpoConfig config) {
    try (TrainableModel model = Tiny.model(dir)) {
      return trace(model, pairs, replies, config);
    }
  }

  private static ReplyTrace.Result trace(
      TrainableModel model,
      List<PreferencePair> pairs,
      List<RatedReply> replies,
      DpoConfig config) {
    var trainer = new DpoTrainer(model, "hash", CHARACTERS, config, null, () -> 0);
    return ReplyTrace.of(
        trainer,
        model,
        pairs,
        replies,
        tokens -> new Rehearsal(model, Tiny.replay(500).iterator(), tokens),
        REPLY);
  }

  @Test
  void aPlantedPairIsNamedFirst() {
    var result = trace(withAPlantedPair(), List.of(), Tiny.config(8, 4, 4, 2e-3));
    assertThat(result.change()).isGreaterThan(1);
    var first = result.influences().getFirst();
    assertThat(first.id()).isEqualTo(withAPlantedPair().get(7).id());
    assertThat(first.change()).isPositive();
    assertThat(first.change()).isGreaterThan(2 * Math.abs(result.influences().get(1).change()));
  }

  @Test
  void aPlantedReplyOfTheSupervisedPhaseIsNamedFirst() {
    List<RatedReply> replies = new ArrayList<>(Tiny.someReplies(12));
    replies.add(rated("which way now", "north", 1));
    var result = trace(somePairs(8), replies, Tiny.config(2, 4, 4, 1e-3));
    assertThat(result.influences().getFirst().kind()).isEqualTo("reply");
    assertThat(result.influences().getFirst().id()).isEqualTo(replies.getLast().id());
  }

  @Test
  void theSharesOfOneStepAddUpToItsChange() {
    // One step: no momentum yet, so what is left over is of third order in the step. At twice the
    // rate a token of the reply goes to another expert, a jump that no gradient sees.
    var result =
        trace(
            withAPlantedPair(),
            List.of(),
            Tiny.config(1, 16, 16, 1e-4).toBuilder().replayFraction(0.5).build());
    assertThat(result.influences()).hasSize(17);
    assertThat(Math.abs(result.change())).isGreaterThan(0.01);
    assertThat(result.unexplained()).isCloseTo(0, within(0.01 * Math.abs(result.change())));
  }

  @Test
  void theSharesOfManyStepsAddUpToMostOfTheChange() {
    var result = trace(withAPlantedPair(), List.of(), Tiny.config(4, 4, 4, 1e-3));
    assertThat(result.unexplained()).isCloseTo(0, within(0.35 * Math.abs(result.change())));
  }

  @Test
  void leavingAPairOutChangesTheReplyAsItsShareSays() {
    List<PreferencePair> pairs = new ArrayList<>(somePairs(5));
    pairs.add(2, pair("which way now", "north", "south", 1));
    pairs.add(4, pair("which way now", "south", "north", 0.4));
    DpoConfig config = Tiny.config(4, 8, 8, 5e-4);
    var whole = trace(pairs, List.of(), config);
    for (int planted : new int[] {2, 4}) {
      List<PreferencePair> without = new ArrayList<>(pairs);
      String id = without.remove(planted).id();
      double actual = whole.after() - trace(without, List.of(), config).after();
      double share =
          whole.influences().stream().filter(i -> i.id().equals(id)).findFirst().get().change();
      // The others' weights grow when one leaves, so the two agree in sign and size, not exactly.
      assertThat(Math.signum(share)).isEqualTo(Math.signum(actual));
    }
  }

  @Test
  void watchingChangesNothing() {
    DpoConfig config =
        Tiny.config(2, 4, 2, 1e-3).toBuilder().replayFraction(0.5).maxGradNorm(0.5).build();
    float[] watched;
    try (TrainableModel model = Tiny.model(dir)) {
      trace(model, somePairs(12), Tiny.someReplies(8), config);
      watched = model.weights();
    }
    try (TrainableModel model = Tiny.model(dir)) {
      new DpoTrainer(model, "hash", CHARACTERS, config, null, () -> 0)
          .train(
              somePairs(12),
              Tiny.someReplies(8),
              tokens -> new Rehearsal(model, Tiny.replay(500).iterator(), tokens),
              step -> {});
      assertThat(Arrays.equals(watched, model.weights())).isTrue();
    }
  }

  @Test
  void aLowRankRunCanBeTracedToo() {
    try (TrainableModel origin = Tiny.model(dir)) {
      origin.save(dir);
    }
    var lora = new LoraConfig(4, 8, List.of(LoraConfig.ALL_LINEAR));
    try (TrainableModel model =
        TrainableModel.load(dir, OptimizerConfig.adamW(), Tiny.options(), lora, 1)) {
      var result = trace(model, withAPlantedPair(), List.of(), Tiny.config(8, 4, 4, 5e-3));
      assertThat(result.influences().getFirst().id()).isEqualTo(withAPlantedPair().get(7).id());
    }
  }

  @Test
  void muonIsRefusedWithTheReason() {
    Tiny.config(dir);
    try (TrainableModel origin = Tiny.model(dir)) {
      origin.save(dir);
    }
    try (TrainableModel model = TrainableModel.load(dir, OptimizerConfig.muon(), Tiny.options())) {
      assertThatThrownBy(() -> trace(model, somePairs(4), List.of(), Tiny.config(1, 4, 4, 1e-3)))
          .hasMessageContaining("MUON")
          .hasMessageContaining("ADAMW");
    }
  }
}

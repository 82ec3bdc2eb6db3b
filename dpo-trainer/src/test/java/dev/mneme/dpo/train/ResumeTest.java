package dev.mneme.dpo.train;

import static dev.mneme.dpo.train.Tiny.CHARACTERS;
import static dev.mneme.dpo.train.Tiny.somePairs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.TrainableModel;
import dev.mneme.testsupport.NoLeaks;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that dies and goes on ends where one that never died ends, bit by bit. */
@NoLeaks
class ResumeTest {
  private static final DpoConfig CONFIG =
      Tiny.config(3, 4, 2, 1e-3).toBuilder()
          .sftEpochs(2)
          .replayFraction(0.5)
          .validationFraction(0.2)
          .patience(2)
          .warmupFraction(0.1)
          .checkpointEvery(2)
          .build();

  @TempDir Path dir;

  @BeforeEach
  void writeAModel() {
    try (TrainableModel model = Tiny.model(dir)) {
      model.save(dir);
    }
  }

  private static final class PowerFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * @param dieAfter steps, both phases together; 0 lives
   */
  private float[] run(DpoConfig config, @Nullable Path states, int dieAfter, int pairs) {
    int[] steps = {0};
    try (TrainableModel model =
        TrainableModel.load(
            dir, OptimizerConfig.adamW(), Tiny.options(), config.lora(), config.seed())) {
      new DpoTrainer(model, "hash", CHARACTERS, config, null, states, () -> 0)
          .train(
              somePairs(pairs),
              Tiny.someReplies(20),
              tokens -> new Rehearsal(model, Tiny.replay(2_000).iterator(), tokens),
              step -> {
                if (++steps[0] == dieAfter) {
                  throw new PowerFailure();
                }
              });
      return model.weights();
    }
  }

  private void dies(DpoConfig config, Path states, int after) {
    assertThatThrownBy(() -> run(config, states, after, 50)).isInstanceOf(PowerFailure.class);
  }

  @ParameterizedTest
  @CsvSource({"1,0", "4,0", "7,9", "20,7"})
  void aRunThatDiedEndsWithTheSameBytes(int first, int second) {
    float[] whole = run(CONFIG, null, 0, 50);
    Path states = dir.resolve("states");
    dies(CONFIG, states, first);
    if (second > 0) {
      dies(CONFIG, states, second);
    }
    assertThat(Arrays.equals(run(CONFIG, states, 0, 50), whole)).isTrue();
  }

  @Test
  void aLowRankRunGoesOnToo() {
    DpoConfig lora = CONFIG.toBuilder().loraRank(4).learningRate(5e-3).build();
    float[] whole = run(lora, null, 0, 50);
    dies(lora, dir.resolve("states"), 11);
    assertThat(Arrays.equals(run(lora, dir.resolve("states"), 0, 50), whole)).isTrue();
  }

  @Test
  void theStateOfAnotherRunIsRefused() {
    Path states = dir.resolve("states");
    dies(CONFIG, states, 9);
    assertThatThrownBy(() -> run(CONFIG, states, 0, 49))
        .isInstanceOf(TrainingException.class)
        .hasMessageContaining("other data, weights or configuration");
    DpoConfig other = CONFIG.toBuilder().beta(0.2).build();
    assertThatThrownBy(() -> run(other, states, 0, 50)).isInstanceOf(TrainingException.class);
  }
}

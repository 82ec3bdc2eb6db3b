package dev.mneme.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Json;
import dev.mneme.model.tensor.DType;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class TrainBenchmarkTest {

  @Test
  void reportsWhatOneStepCosts() {
    // A clock that only ever says "one millisecond later" makes every step one millisecond long.
    AtomicLong now = new AtomicLong();
    ModelConfig config = ModelConfig.read(GoldenCheckpoints.folder("deepseek-v3"));
    try (TrainableModel model =
        TrainableModel.initialize(
            config, 1, OptimizerConfig.muon(), new TrainingOptions(DType.BF16, 2))) {
      TrainBenchmark.Result result =
          TrainBenchmark.run(model, 4, 16, 0, () -> now.addAndGet(1_000_000));
      assertThat(result.trainTokensPerSecond()).isEqualTo(64_000);
      assertThat(result.steps()).isEqualTo(5);
      assertThat(model.steps()).isEqualTo(10);
      long step = result.parameterBytes() + result.optimizerBytes() + result.activationBytes();
      assertThat(step).isGreaterThan(10 * config.parameterCount());
      assertThat(result.peakMemoryBytes()).isGreaterThan(step);
      assertThat(result.millisecondsByPart()).containsKeys("attention", "experts", "optimizer");
      assertThat(Json.mapper().valueToTree(result).propertyNames())
          .contains("train_tokens_per_second", "peak_memory_bytes", "precision", "isa", "threads");
    }
  }
}

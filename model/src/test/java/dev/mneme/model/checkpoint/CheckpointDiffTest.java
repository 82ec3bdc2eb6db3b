package dev.mneme.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.model.GoldenCheckpoints;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.TrainingOptions;
import dev.mneme.model.tensor.DType;
import dev.mneme.testsupport.NoLeaks;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NoLeaks
class CheckpointDiffTest {
  @TempDir Path dir;

  @Test
  void aCheckpointDoesNotDifferFromItself() {
    Path folder = GoldenCheckpoints.folder("deepseek-v3");
    var diff = CheckpointDiff.of(folder, folder);
    assertThat(diff.parts()).extracting(CheckpointDiff.Part::change).containsOnly(0.0);
    assertThat(diff.most()).isEmpty();
    assertThat(diff.parts())
        .extracting(CheckpointDiff.Part::name)
        .contains("attention", "experts", "shared experts", "router", "embedding", "head");
  }

  @Test
  void aMovedTensorIsFoundInItsPartAndLayer() {
    Path folder = GoldenCheckpoints.folder("deepseek-v3");
    try (TrainableModel model =
        TrainableModel.load(folder, OptimizerConfig.adamW(), new TrainingOptions(DType.F32, 1))) {
      var p = model.decoder().parameters().named("model.layers.1.self_attn.o_proj.weight");
      var values = model.decoder().parameters().values(p);
      values.set(3, values.get(3) + 3);
      values.set(9, values.get(9) - 4);
      model.save(dir);
    }
    var diff = CheckpointDiff.of(folder, dir);
    assertThat(diff.parts())
        .filteredOn(part -> part.change() > 0)
        .singleElement()
        .satisfies(
            part -> {
              assertThat(part.name()).isEqualTo("attention");
              assertThat(part.change()).isCloseTo(5, within(1e-5));
            });
    assertThat(diff.layers())
        .filteredOn(part -> part.change() > 0)
        .extracting(CheckpointDiff.Part::name)
        .containsExactly("layer 1");
    assertThat(diff.most())
        .singleElement()
        .extracting(CheckpointDiff.Part::name)
        .isEqualTo("model.layers.1.self_attn.o_proj.weight");
  }

  @Test
  void tensorsOfOtherShapesAreNamed() {
    var diff =
        CheckpointDiff.of(
            GoldenCheckpoints.folder("deepseek-v3"), GoldenCheckpoints.folder("llama-gqa"));
    assertThat(diff.onlyInA()).contains("model.layers.1.mlp.gate.weight");
    assertThat(diff.onlyInB()).contains("model.layers.0.self_attn.k_proj.weight");
  }
}

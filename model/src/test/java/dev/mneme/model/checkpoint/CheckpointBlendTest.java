package dev.mneme.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
class CheckpointBlendTest {
  private static final Path FROM = GoldenCheckpoints.folder("deepseek-v3");
  private static final String MOVED = "model.layers.1.self_attn.o_proj.weight";

  @TempDir Path dir;

  private Path moved() {
    Path folder = dir.resolve("moved");
    try (TrainableModel model =
        TrainableModel.load(FROM, OptimizerConfig.adamW(), new TrainingOptions(DType.F32, 1))) {
      var values = model.decoder().parameters().values(model.decoder().parameters().named(MOVED));
      values.set(3, values.get(3) + 4);
      model.save(folder);
    }
    return folder;
  }

  @Test
  void aQuarterOfTheWayIsAQuarterOfTheChange() {
    Path moved = moved();
    Path out = dir.resolve("out");
    CheckpointBlend.write(FROM, moved, 0.25, out);
    var diff = CheckpointDiff.of(FROM, out);
    assertThat(diff.onlyInA()).isEmpty();
    assertThat(diff.most())
        .singleElement()
        .satisfies(
            part -> {
              assertThat(part.name()).isEqualTo(MOVED);
              assertThat(part.change()).isCloseTo(1, within(1e-5));
            });
  }

  @Test
  void theWholeWayIsTheOtherCheckpoint() {
    Path moved = moved();
    Path out = dir.resolve("out");
    CheckpointBlend.write(FROM, moved, 1, out);
    assertThat(CheckpointDiff.of(moved, out).most()).isEmpty();
  }

  @Test
  void otherShapesAreNamed() {
    Path other = GoldenCheckpoints.folder("llama-gqa");
    assertThatThrownBy(() -> CheckpointBlend.write(FROM, other, 0.5, dir.resolve("out")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("cannot go part of the way")
        .hasMessageContaining("the tensor ");
    assertThat(dir.resolve("out")).doesNotExist();
  }
}

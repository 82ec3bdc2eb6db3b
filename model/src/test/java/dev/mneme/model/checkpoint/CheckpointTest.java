package dev.mneme.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.model.GoldenCheckpoints;
import dev.mneme.model.ModelConfig;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class CheckpointTest {
  @TempDir private Path temp;

  private static List<TensorSource> sources(CheckpointReader from, DType to, Arena arena) {
    List<TensorSource> out = new ArrayList<>();
    for (String name : from.names()) {
      TensorView view = from.tensor(name);
      MemorySegment floats = arena.allocate(view.count() * 4, 8);
      view.copyTo(floats);
      out.add(TensorSource.floats(name, view.shape(), floats, to));
    }
    return out;
  }

  @ParameterizedTest
  @MethodSource("dev.mneme.model.GoldenCheckpoints#names")
  void savingAndLoadingIsBitExactAndDeterministic(String name) throws IOException {
    try (Arena arena = Arena.ofConfined();
        CheckpointReader golden = CheckpointReader.open(GoldenCheckpoints.folder(name))) {
      CheckpointWriter.write(
          temp.resolve("single"), golden.config(), sources(golden, DType.F32, arena));
      CheckpointWriter.write(
          temp.resolve("sharded"), golden.config(), sources(golden, DType.F32, arena), 100_000);
      CheckpointWriter.write(
          temp.resolve("again"), golden.config(), sources(golden, DType.F32, arena));
      assertThat(temp.resolve("sharded").toFile().list()).hasSizeGreaterThan(4);
      for (String folder : List.of("single", "sharded")) {
        try (CheckpointReader read = CheckpointReader.open(temp.resolve(folder))) {
          assertThat(read.config()).isEqualTo(golden.config());
          assertThat(read.names()).isEqualTo(golden.names());
          for (String tensor : golden.names()) {
            assertThat(read.tensor(tensor).bytes().mismatch(golden.tensor(tensor).bytes()))
                .isEqualTo(-1);
          }
        }
      }
      String hash = CheckpointReader.contentHash(temp.resolve("single"));
      assertThat(CheckpointReader.contentHash(temp.resolve("again"))).isEqualTo(hash);
      assertThat(CheckpointReader.contentHash(temp.resolve("sharded"))).isNotEqualTo(hash);
      Files.writeString(temp.resolve("again").resolve("tokenizer.json"), "{}");
      assertThat(CheckpointReader.contentHash(temp.resolve("again"))).isNotEqualTo(hash);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "F16"})
  void everyWeightTypeSurvivesARoundTrip(DType type) {
    SplittableRandom random = new SplittableRandom(7);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment floats = arena.allocate(4 * 1001, 4);
      for (int i = 0; i < 1001; i++) {
        floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-3, 3));
      }
      Path file = temp.resolve("x.safetensors");
      SafetensorsWriter.write(
          file,
          List.of(
              TensorSource.floats("odd", List.of(1L), floats.asSlice(0, 4), DType.BF16),
              TensorSource.floats("x", List.of(7L, 143L), floats, type)),
          Map.of("purpose", "test"));
      try (SafetensorsFile read = SafetensorsFile.open(file)) {
        TensorView x = java.util.Objects.requireNonNull(read.find("x"));
        float[] back = x.toFloats();
        double worst = 0;
        for (int i = 0; i < back.length; i++) {
          worst = Math.max(worst, Math.abs(back[i] - floats.getAtIndex(ValueLayout.JAVA_FLOAT, i)));
        }
        // Half a unit in the last place below 4: 2^-8 of 2 with 8 bits, 2^-11 of 2 with 11.
        assertThat(worst)
            .isLessThanOrEqualTo(
                type == DType.F32 ? 0 : type == DType.BF16 ? 1 / 128.0 : 1 / 1024.0);
        assertThat(read.metadata()).containsEntry("purpose", "test").containsEntry("format", "pt");
        // What is stored in a type is exact from then on.
        SafetensorsWriter.write(
            temp.resolve("y.safetensors"), List.of(TensorSource.copy(x)), Map.of());
      }
      try (SafetensorsFile y = SafetensorsFile.open(temp.resolve("y.safetensors"));
          SafetensorsFile x = SafetensorsFile.open(file)) {
        assertThat(java.util.Objects.requireNonNull(y.find("x")).toFloats())
            .isEqualTo(java.util.Objects.requireNonNull(x.find("x")).toFloats());
      }
    }
  }

  @Test
  void bf16RoundsToNearestEven() {
    assertThat(DType.fromBf16(DType.toBf16(1 + 1 / 256f))).isEqualTo(1f);
    assertThat(DType.fromBf16(DType.toBf16(1 + 3 / 256f))).isEqualTo(1 + 4 / 256f);
    assertThat(DType.fromBf16(DType.toBf16(Float.NaN))).isNaN();
    assertThat(DType.fromBf16(DType.toBf16(Float.NEGATIVE_INFINITY)))
        .isEqualTo(Float.NEGATIVE_INFINITY);
  }

  private Path copyOfGolden() throws IOException {
    Path source = GoldenCheckpoints.folder("deepseek-v3");
    Path folder = Files.createDirectories(temp.resolve("copy"));
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(source.resolve(name), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      assertThat(folder.resolve(name).toFile().setWritable(true)).isTrue();
    }
    return folder;
  }

  private static String messageOfOpening(Path folder) {
    try (CheckpointReader opened = CheckpointReader.open(folder)) {
      throw new AssertionError("opened " + opened.folder());
    } catch (CheckpointException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void aTruncatedFileNamesTheTensorThatIsCutOff() throws IOException {
    Path folder = copyOfGolden();
    Path weights = folder.resolve("model.safetensors");
    try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
      file.setLength(file.length() - 10);
    }
    assertThat(messageOfOpening(folder))
        .contains(weights + ": tensor ")
        .contains("ends at byte")
        .contains("truncated");
    try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
      file.setLength(100);
    }
    assertThat(messageOfOpening(folder)).contains(weights + ": truncated inside the header");
    try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
      file.setLength(3);
    }
    assertThat(messageOfOpening(folder)).contains(weights + ": truncated, 3 bytes");
  }

  @Test
  void aCorruptHeaderIsRefused() throws IOException {
    Path folder = copyOfGolden();
    Path weights = folder.resolve("model.safetensors");
    try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
      file.seek(9);
      file.write(new byte[] {'}', '}', '}'});
    }
    assertThat(messageOfOpening(folder)).contains(weights + ": corrupt, the header is not JSON");
    try (RandomAccessFile file = new RandomAccessFile(weights.toFile(), "rw")) {
      file.write(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});
    }
    assertThat(messageOfOpening(folder)).contains(weights + ": corrupt, the header says it has");
  }

  @Test
  void aShapeThatContradictsTheConfigurationIsRefused() throws IOException {
    Path folder = copyOfGolden();
    Path config = folder.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replace("\"kv_lora_rank\": 16", "\"kv_lora_rank\": 32"));
    assertThat(messageOfOpening(folder))
        .isEqualTo(
            folder.resolve("model.safetensors")
                + ": tensor model.layers.0.self_attn.kv_a_proj_with_mqa.weight has shape [24, 64],"
                + " expected [40, 64] according to config.json");
  }

  @Test
  void aMissingTensorIsNamed() throws IOException {
    Path folder = copyOfGolden();
    Path config = folder.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config).replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4"));
    assertThat(messageOfOpening(folder))
        .isEqualTo(
            folder.resolve("model.safetensors")
                + ": tensor model.layers.3.input_layernorm.weight is missing,"
                + " expected shape [64] according to config.json");
    Files.delete(folder.resolve("model.safetensors"));
    assertThat(messageOfOpening(folder))
        .isEqualTo(
            folder.resolve("model.safetensors") + ": no such file, expected a safetensors file");
  }

  @Test
  void aMissingShardIsNamedAndTheIndexCannotLeaveTheFolder() throws IOException {
    Path folder = temp.resolve("sharded");
    try (Arena arena = Arena.ofConfined();
        CheckpointReader golden = CheckpointReader.open(GoldenCheckpoints.folder("deepseek-v3"))) {
      CheckpointWriter.write(folder, golden.config(), sources(golden, DType.BF16, arena), 100_000);
    }
    assertThat(ModelConfig.read(folder).toJson("bfloat16"))
        .isEqualTo(Files.readString(folder.resolve("config.json")));
    Path shard = folder.resolve("model-00002-of-00005.safetensors");
    Files.delete(shard);
    assertThat(messageOfOpening(folder))
        .isEqualTo(shard + ": no such file, expected a safetensors file");
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(
        index, Files.readString(index).replace("model-00001-of", "../model-00001-of"));
    assertThat(messageOfOpening(folder)).contains("expected the name of a file beside the index");
  }

  @Test
  void anIncompleteModelIsNotWritten() {
    ModelConfig config = ModelConfig.read(GoldenCheckpoints.folder("llama-gqa"));
    assertThatThrownBy(() -> CheckpointWriter.write(temp.resolve("x"), config, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor model.embed_tokens.weight is missing, expected shape [320, 64]");
    assertThat(temp.resolve("x")).doesNotExist();
  }
}

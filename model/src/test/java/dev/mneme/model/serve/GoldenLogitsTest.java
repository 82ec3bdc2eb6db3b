package dev.mneme.model.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Json;
import dev.mneme.model.GoldenCheckpoints;
import dev.mneme.model.checkpoint.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Agreement with the logits that the model authors' own code gives. */
class GoldenLogitsTest {
  private static final int VOCABULARY = 320;
  private static final int TOKENS = 40;

  private static Stream<Arguments> goldenAndThreads() {
    return GoldenCheckpoints.names()
        .flatMap(
            name -> Stream.of(Arguments.of(name, 1), Arguments.of(name, 2), Arguments.of(name, 3)));
  }

  private static int[][] ids(Path folder) throws IOException {
    JsonNode rows =
        Json.mapper().readTree(Files.readString(folder.resolve("golden.json"))).get("input_ids");
    int[][] ids = new int[rows.size()][TOKENS];
    for (int i = 0; i < ids.length; i++) {
      for (int j = 0; j < TOKENS; j++) {
        ids[i][j] = rows.get(i).get(j).intValue();
      }
    }
    return ids;
  }

  private static float[] expected(Path folder) {
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("golden.safetensors"))) {
      return Objects.requireNonNull(file.find("logits")).toFloats();
    }
  }

  private static int argmax(float[] values, int from) {
    int best = 0;
    for (int i = 1; i < VOCABULARY; i++) {
      if (values[from + i] > values[from + best]) {
        best = i;
      }
    }
    return best;
  }

  @ParameterizedTest
  @MethodSource("goldenAndThreads")
  void f32AgreesWithTheReference(String name, int threads) throws IOException {
    Path folder = GoldenCheckpoints.folder(name);
    float[] expected = expected(folder);
    int[][] ids = ids(folder);
    try (Decoder decoder = CpuDecoder.open(folder, Precision.F32, threads)) {
      for (int s = 0; s < ids.length; s++) {
        float[] logits = decoder.logits(ids[s]);
        double worst = 0;
        for (int i = 0; i < logits.length; i++) {
          worst = Math.max(worst, Math.abs(logits[i] - expected[s * logits.length + i]));
        }
        assertThat(worst).as("largest difference").isLessThan(2e-4);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.mneme.model.GoldenCheckpoints#names")
  void bf16ChoosesTheSameToken(String name) throws IOException {
    assertThat(agreement(name, Precision.BF16)).isGreaterThanOrEqualTo(0.99);
  }

  @ParameterizedTest
  @MethodSource("dev.mneme.model.GoldenCheckpoints#names")
  void int8MostlyChoosesTheSameToken(String name) throws IOException {
    // Random weights leave many near ties: eight bits flip some of them.
    assertThat(agreement(name, Precision.INT8)).isGreaterThan(0.85);
  }

  private static double agreement(String name, Precision precision) throws IOException {
    Path folder = GoldenCheckpoints.folder(name);
    float[] expected = expected(folder);
    int[][] ids = ids(folder);
    int same = 0;
    try (Decoder decoder = CpuDecoder.open(folder, precision, 2)) {
      for (int s = 0; s < ids.length; s++) {
        float[] logits = decoder.logits(ids[s]);
        for (int t = 0; t < TOKENS; t++) {
          int from = t * VOCABULARY;
          if (argmax(logits, from) == argmax(expected, s * logits.length + from)) {
            same++;
          }
        }
      }
    }
    return same / (double) (ids.length * TOKENS);
  }
}

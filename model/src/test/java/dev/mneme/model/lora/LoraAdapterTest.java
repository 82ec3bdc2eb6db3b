package dev.mneme.model.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.data.Json;
import dev.mneme.model.GoldenCheckpoints;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.PackedBatch.Segment;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.TrainingOptions;
import dev.mneme.model.checkpoint.CheckpointBlend;
import dev.mneme.model.checkpoint.CheckpointException;
import dev.mneme.model.checkpoint.SafetensorsFile;
import dev.mneme.model.layer.Parameter;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.testsupport.NoLeaks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

@NoLeaks
class LoraAdapterTest {
  private static final TrainingOptions EXACT = new TrainingOptions(DType.F32, 2);
  private static final int[] TOKENS = {5, 17, 200, 3, 99, 42, 7, 250};
  private static final PackedBatch BATCH =
      PackedBatch.of(Segment.from(3, TOKENS), Segment.all(9, 8, 7, 6, 5));

  @TempDir Path dir;

  private static TrainableModel open(String name, int rank, String... targets) {
    return TrainableModel.load(
        GoldenCheckpoints.folder(name),
        OptimizerConfig.adamW(),
        EXACT,
        new LoraConfig(rank, 2.0 * rank, List.of(targets)),
        7);
  }

  private static LoraAdapter adapter(TrainableModel model) {
    return Objects.requireNonNull(model.lora());
  }

  private static void train(TrainableModel model, int steps) {
    for (int i = 0; i < steps; i++) {
      model.crossEntropy(BATCH, 1 / BATCH.weight());
      model.clipGradients(1);
      model.step(1e-2);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.mneme.model.GoldenCheckpoints#names")
  void atFirstTheModelIsWhatItWas(String name) {
    try (TrainableModel plain =
            TrainableModel.load(GoldenCheckpoints.folder(name), OptimizerConfig.adamW(), EXACT);
        TrainableModel adapted = open(name, 4, LoraConfig.ALL_LINEAR)) {
      assertThat(adapted.weights()).isEqualTo(plain.weights());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.mneme.model.GoldenCheckpoints#names")
  void gradientsOfBothFactorsAgreeWithCentralDifferences(String name) {
    var random = new SplittableRandom(3);
    try (TrainableModel model = open(name, 3, LoraConfig.ALL_LINEAR)) {
      train(model, 3); // so that B is not zero
      LoraAdapter lora = adapter(model);
      model.crossEntropy(BATCH, 1);
      lora.pullBack();
      List<Parameter> factors = lora.factors().list();
      for (int i = 0; i < 40; i++) {
        Parameter p = factors.get(random.nextInt(factors.size()));
        int at = random.nextInt(p.size());
        Tensor values = lora.factors().values(p);
        double gradient = lora.factors().gradient(p).get(at);
        float before = values.get(at);
        float h = 2e-3f;
        values.set(at, before + h);
        lora.apply();
        double up = loss(model);
        values.set(at, before - h);
        lora.apply();
        double down = loss(model);
        values.set(at, before);
        lora.apply();
        double difference = (up - down) / (2 * h);
        // Routing may switch experts between the two; then the loss jumps and says nothing.
        if (Math.abs(difference - gradient) < 5) {
          assertThat(gradient)
              .as("%s[%d]", p.name(), at)
              .isCloseTo(difference, within(2e-2 + 3e-2 * Math.abs(difference)));
        }
      }
    }
  }

  private static double loss(TrainableModel model) {
    double sum = 0;
    for (double each : model.logProbs(BATCH)) {
      sum -= each;
    }
    return sum;
  }

  @Test
  void mergedAndUnmergedLogitsAreThoseOfTheTwoModels() {
    float[] base;
    try (TrainableModel plain =
        TrainableModel.load(
            GoldenCheckpoints.folder("deepseek-v3"), OptimizerConfig.adamW(), EXACT)) {
      base = plain.decoder().logits(TOKENS);
    }
    try (TrainableModel model = open("deepseek-v3", 4, LoraConfig.ALL_LINEAR)) {
      train(model, 5);
      float[] adapted = model.decoder().logits(TOKENS);
      assertThat(adapted).isNotEqualTo(base);
      LoraAdapter lora = adapter(model);
      lora.unmerge();
      assertThat(lora.isMerged()).isFalse();
      assertThat(model.decoder().logits(TOKENS)).isEqualTo(base);
      lora.apply();
      assertThat(model.decoder().logits(TOKENS)).isEqualTo(adapted);
      model.save(dir);
      try (TrainableModel merged = TrainableModel.load(dir, OptimizerConfig.adamW(), EXACT)) {
        assertThat(merged.decoder().logits(TOKENS)).isEqualTo(adapted);
      }
    }
  }

  @Test
  void savedAndReadAgainItIsTheSameAdapter() {
    try (TrainableModel model = open("deepseek-v3", 4, "q_b_proj", "o_proj")) {
      train(model, 5);
      adapter(model).save(dir);
      LoraConfig read = LoraAdapter.read(dir);
      assertThat(read.rank()).isEqualTo(4);
      assertThat(read.alpha()).isEqualTo(8);
      try (TrainableModel again =
          TrainableModel.load(
              GoldenCheckpoints.folder("deepseek-v3"), OptimizerConfig.adamW(), EXACT, read, 99)) {
        adapter(again).load(dir);
        assertThat(again.weights()).isEqualTo(model.weights());
      }
    }
  }

  @Test
  void aPartOfAnAdapterGoesThatPartOfTheWay() {
    Path part = dir.resolve("part");
    try (TrainableModel model = open("deepseek-v3", 4, "q_b_proj", "o_proj")) {
      LoraAdapter lora = adapter(model);
      float[] before = model.weights();
      train(model, 5);
      lora.save(dir.resolve("whole"));
      LoraAdapter.copyPart(dir.resolve("whole"), part, 0.5);
      float[] half = CheckpointBlend.blend(before, model.weights(), 0.5);
      try (TrainableModel again =
          TrainableModel.load(
              GoldenCheckpoints.folder("deepseek-v3"),
              OptimizerConfig.adamW(),
              EXACT,
              LoraAdapter.read(part),
              99)) {
        adapter(again).load(part);
        assertThat(again.weights()).containsExactly(half, within(1e-6f));
      }
    }
  }

  @Test
  void theFilesAreLaidOutAsPeftDoes() throws IOException {
    try (TrainableModel model = open("llama-gqa", 2, "q_proj", "down_proj")) {
      adapter(model).save(dir);
      JsonNode config =
          Json.mapper().readTree(Files.readString(dir.resolve("adapter_config.json")));
      assertThat(config.get("peft_type").asString()).isEqualTo("LORA");
      assertThat(config.get("r").asInt()).isEqualTo(2);
      assertThat(config.get("lora_alpha").asInt()).isEqualTo(4);
      assertThat(config.get("target_modules").toString()).isEqualTo("[\"down_proj\",\"q_proj\"]");
      try (SafetensorsFile file = SafetensorsFile.open(dir.resolve("adapter_model.safetensors"))) {
        String layer = "base_model.model.model.layers.0.";
        int hidden = model.config().hiddenSize();
        var a = Objects.requireNonNull(file.find(layer + "self_attn.q_proj.lora_A.weight"));
        assertThat(a.shape()).containsExactly(2L, (long) hidden);
        var b = Objects.requireNonNull(file.find(layer + "mlp.down_proj.lora_B.weight"));
        assertThat(b.shape()).containsExactly((long) hidden, 2L);
        assertThat(file.names()).hasSize(2 * 2 * model.config().layers());
      }
    }
  }

  @Test
  void onlyTheTargetsMove() {
    try (TrainableModel plain =
            TrainableModel.load(
                GoldenCheckpoints.folder("deepseek-v3"), OptimizerConfig.adamW(), EXACT);
        TrainableModel model = open("deepseek-v3", 4, "o_proj")) {
      train(model, 3);
      var before = plain.decoder().parameters();
      var after = model.decoder().parameters();
      for (Parameter p : after.list()) {
        boolean moved =
            !java.util.Arrays.equals(before.values(p).toFloats(), after.values(p).toFloats());
        assertThat(moved).as(p.name()).isEqualTo(p.name().contains("o_proj"));
      }
    }
  }

  @Test
  void anUnknownTargetIsAnsweredWithTheKnownOnes() {
    assertThatThrownBy(() -> open("deepseek-v3", 4, "c_attn").close())
        .hasMessageContaining("c_attn")
        .hasMessageContaining("kv_b_proj");
    assertThatThrownBy(() -> new LoraConfig(0, 1, List.of("q_proj")))
        .hasMessageContaining("rank 0");
    assertThatThrownBy(() -> new LoraConfig(1, 1, List.of())).hasMessageContaining("all-linear");
  }

  @Test
  void theAdapterOfAnotherModelIsRefused() {
    try (TrainableModel other = open("llama-gqa", 4, "o_proj")) {
      adapter(other).save(dir);
    }
    try (TrainableModel model = open("deepseek-v3", 4, "q_b_proj")) {
      float[] before = model.weights();
      assertThatThrownBy(() -> adapter(model).load(dir))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("another model");
      assertThat(model.weights()).isEqualTo(before);
    }
  }
}

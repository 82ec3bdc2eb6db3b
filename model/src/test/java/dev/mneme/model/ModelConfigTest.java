package dev.mneme.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.model.checkpoint.CheckpointException;
import dev.mneme.model.checkpoint.CheckpointReader;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ModelConfigTest {
  private static final String LLAMA =
      """
      {"model_type": "llama", "vocab_size": 320, "hidden_size": 64, "num_hidden_layers": 2,
       "intermediate_size": 160, "num_attention_heads": 4, "num_key_value_heads": 2,
       "rms_norm_eps": 1e-5, "eos_token_id": [1, 2], "max_position_embeddings": 512 MORE}
      """;

  private static ModelConfig llama(String more) {
    return ModelConfig.parse("config.json", LLAMA.replace("MORE", more));
  }

  @ParameterizedTest
  @MethodSource("dev.mneme.model.GoldenCheckpoints#names")
  void predictsExactlyTheTensorsThatAreThere(String name) {
    try (CheckpointReader checkpoint = CheckpointReader.open(GoldenCheckpoints.folder(name))) {
      ModelConfig config = checkpoint.config();
      Set<String> expected = new HashSet<>();
      config.tensors().forEach(t -> expected.add(t.name()));
      assertThat(checkpoint.names()).isEqualTo(expected);
      long held = checkpoint.names().stream().mapToLong(n -> checkpoint.tensor(n).count()).sum();
      assertThat(config.parameterCount()).isEqualTo(held);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.mneme.model.GoldenCheckpoints#names")
  void whatIsWrittenIsReadBackEqual(String name) {
    ModelConfig config = ModelConfig.read(GoldenCheckpoints.folder(name));
    assertThat(ModelConfig.parse("again", config.toJson("float32"))).isEqualTo(config);
  }

  @Test
  void scalingIsReadUnderItsOldAndItsNewName() {
    ModelConfig old =
        llama(
            """
            , "rope_theta": 500000.0, "rope_scaling": {"type": "yarn", "factor": 40,
            "original_max_position_embeddings": 4096, "beta_fast": 32, "beta_slow": 1,
            "mscale": 1.0, "mscale_all_dim": 1.0}\
            """);
    ModelConfig renamed =
        llama(
            """
            , "rope_parameters": {"rope_type": "yarn", "rope_theta": 500000.0, "factor": 40,
            "original_max_position_embeddings": 4096, "mscale": 1.0, "mscale_all_dim": 1.0}\
            """);
    assertThat(renamed).isEqualTo(old);
    assertThat(old.ropeScaling()).isEqualTo(new RopeScaling.Yarn(40, 4096, 32, 1, 1, 1));
    assertThat(ModelConfig.parse("again", old.toJson("bfloat16"))).isEqualTo(old);
  }

  @Test
  void llama3ScalingKeepsFastAndDividesSlowFrequencies() {
    ModelConfig plain = llama(", \"head_dim\": 64, \"rope_theta\": 500000.0");
    ModelConfig scaled =
        llama(
            """
            , "head_dim": 64, "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3",
            "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192}\
            """);
    assertThat(ModelConfig.parse("again", scaled.toJson("float32"))).isEqualTo(scaled);
    Rope a = plain.rope();
    Rope b = scaled.rope();
    assertThat(b.frequency(0)).isEqualTo(a.frequency(0));
    assertThat(b.frequency(31)).isCloseTo(a.frequency(31) / 8, within(1e-15));
    assertThat(b.scoreScale()).isEqualTo(1 / 8f);
  }

  @Test
  void yarnStretchesSlowFrequenciesAndSharpensScores() {
    // dim 64, theta 10000, L0 4096: beta_fast 32 falls at index 10.47 -> 10, beta_slow 1 at 22.5
    // -> 23; index 16 is 6/13 of the ramp.
    ModelConfig config =
        llama(
            """
            , "head_dim": 64, "rope_scaling": {"type": "yarn", "factor": 40,
            "original_max_position_embeddings": 4096, "mscale": 0.707, "mscale_all_dim": 0.707}\
            """);
    Rope rope = config.rope();
    double f16 = Math.pow(10000, -0.5);
    assertThat(rope.frequency(10)).isEqualTo(Math.pow(10000, -20 / 64.0));
    assertThat(rope.frequency(16))
        .isCloseTo(f16 / 40 * (6 / 13.0) + f16 * (7 / 13.0), within(1e-12));
    assertThat(rope.frequency(23)).isCloseTo(Math.pow(10000, -46 / 64.0) / 40, within(1e-15));
    double m = 0.1 * 0.707 * Math.log(40) + 1;
    assertThat(rope.scoreScale()).isCloseTo((float) (m * m / 8), within(1e-6f));
    assertThat(rope.magnitude()).isEqualTo(1);
  }

  @Test
  void publishedSizesGiveThePublishedCounts() {
    ModelConfig v3 =
        ModelConfig.parse(
            "v3",
            """
            {"model_type": "deepseek_v3", "vocab_size": 129280, "hidden_size": 7168,
             "num_hidden_layers": 61, "intermediate_size": 18432, "moe_intermediate_size": 2048,
             "num_attention_heads": 128, "q_lora_rank": 1536, "kv_lora_rank": 512,
             "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
             "n_routed_experts": 256, "num_experts_per_tok": 8, "n_shared_experts": 1,
             "n_group": 8, "topk_group": 4, "first_k_dense_replace": 3,
             "routed_scaling_factor": 2.5, "num_nextn_predict_layers": 1}
            """);
    // 671 B total and 37 B active (arXiv 2412.19437, abstract).
    assertThat(v3.parameterCount() / 1e9).isCloseTo(671, within(0.5));
    assertThat(v3.activeParameterCount() / 1e9).isCloseTo(37.5, within(0.6));
    assertThat(v3.attention().cacheValuesPerTokenAndLayer()).isEqualTo(576);
    assertThat(v3.attention().cacheRatio()).isCloseTo(0.0176, within(0.0001));
    assertThat(v3.mtpTensors())
        .extracting(TensorSpec::name)
        .contains("model.layers.61.eh_proj.weight");
  }

  @Test
  void aWrongConfigurationSaysFileKeyFoundAndExpected() {
    assertThatThrownBy(() -> ModelConfig.parse("a/config.json", "{\"model_type\": \"gpt2\"}"))
        .isInstanceOf(CheckpointException.class)
        .hasMessage(
            "a/config.json: model_type is gpt2, expected one of deepseek_v3, deepseek_v2, llama");
    assertThatThrownBy(() -> ModelConfig.parse("a/config.json", "{\"model_type\": \"llama\"}"))
        .hasMessage("a/config.json: vocab_size is nothing, expected a whole number");
    assertThatThrownBy(() -> llama(", \"head_dim\": \"wide\""))
        .hasMessage("config.json: head_dim is \"wide\", expected a whole number");
    assertThatThrownBy(() -> llama(", \"hidden_act\": \"gelu\""))
        .hasMessage("config.json: hidden_act is gelu, expected silu");
    assertThatThrownBy(() -> llama(", \"rope_scaling\": {\"type\": \"dynamic\"}"))
        .hasMessage("config.json: rope_scaling.type is dynamic, expected yarn, llama3 or default");
    assertThatThrownBy(() -> llama(", \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 0.5}"))
        .hasMessage("config.json: rope_scaling.factor is 0.5, expected a number of at least 1");
    assertThatThrownBy(() -> ModelConfig.parse("a/config.json", "{\"model_type\": "))
        .hasMessageStartingWith("a/config.json: not JSON (");
    assertThatThrownBy(() -> ModelConfig.read(Path.of("no-such-folder")))
        .hasMessage(
            Path.of("no-such-folder", "config.json")
                + ": no such file, expected a checkpoint folder with a config.json");
  }

  @Test
  void stopTokensMayBeOneOrMany() {
    assertThat(llama("").eosTokenIds()).isEqualTo(List.of(1, 2));
    assertThat(ModelConfig.parse("again", llama("").toJson("float32"))).isEqualTo(llama(""));
  }
}

package dev.mneme.model;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The model families we read and write: one row each. A new family is one row here and, where its
 * config.json has keys of its own, one {@link ConfigCodec}.
 */
public enum Family {
  DEEPSEEK_V3("deepseek_v3", "DeepseekV3ForCausalLM", new DeepseekCodec()),
  DEEPSEEK_V2("deepseek_v2", "DeepseekV2ForCausalLM", new DeepseekCodec()),
  LLAMA("llama", "LlamaForCausalLM", new LlamaCodec());

  private final String modelType;
  private final String architecture;
  private final ConfigCodec codec;

  Family(String modelType, String architecture, ConfigCodec codec) {
    this.modelType = modelType;
    this.architecture = architecture;
    this.codec = codec;
  }

  /** The value of {@code model_type} in config.json. */
  public String modelType() {
    return modelType;
  }

  /** The value of {@code architectures} in config.json. */
  public String architecture() {
    return architecture;
  }

  ConfigCodec codec() {
    return codec;
  }

  static Optional<Family> ofModelType(String modelType) {
    return Arrays.stream(values()).filter(f -> f.modelType.equals(modelType)).findFirst();
  }

  static String modelTypes() {
    return Arrays.stream(values()).map(Family::modelType).collect(Collectors.joining(", "));
  }
}

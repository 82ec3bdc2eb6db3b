package dev.mneme.model.checkpoint;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.model.ModelConfig;
import java.nio.file.Path;

/**
 * What there is to say about a checkpoint without running it.
 *
 * @param family {@code model_type}
 * @param parameters all parameters
 * @param activeParameters those that take part in one token
 * @param storedAs element type of most weights
 * @param layers decoder blocks
 * @param hiddenSize width of the residual stream
 * @param vocabulary number of token ids
 * @param context longest text in tokens
 * @param cacheBytesPerToken what one token adds to a sequence's cache (f32, all layers)
 * @param cacheRatio that, against keys and values of as many full heads of the same width
 * @param contentHash SHA-256 of configuration, weights and tokenizer
 */
public record CheckpointSummary(
    @JsonProperty("family") String family,
    @JsonProperty("parameters") long parameters,
    @JsonProperty("active_parameters") long activeParameters,
    @JsonProperty("stored_as") String storedAs,
    @JsonProperty("layers") int layers,
    @JsonProperty("hidden_size") int hiddenSize,
    @JsonProperty("vocabulary") int vocabulary,
    @JsonProperty("context") int context,
    @JsonProperty("cache_bytes_per_token") long cacheBytesPerToken,
    @JsonProperty("cache_ratio") double cacheRatio,
    @JsonProperty("content_hash") String contentHash) {

  /**
   * Summarises a folder.
   *
   * @throws CheckpointException naming file, tensor, found and expected
   */
  public static CheckpointSummary of(Path folder) {
    try (CheckpointReader reader = CheckpointReader.open(folder)) {
      ModelConfig config = reader.config();
      return new CheckpointSummary(
          config.family().modelType(),
          config.parameterCount(),
          config.activeParameterCount(),
          reader.dtype().name(),
          config.layers(),
          config.hiddenSize(),
          config.vocabSize(),
          config.maxPositions(),
          4L * config.layers() * config.attention().cacheValuesPerTokenAndLayer(),
          config.attention().cacheRatio(),
          CheckpointReader.contentHash(folder));
    }
  }
}

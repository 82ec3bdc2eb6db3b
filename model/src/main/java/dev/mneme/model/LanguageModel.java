package dev.mneme.model;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.data.ToolSpec;
import dev.mneme.model.generate.Generation;
import dev.mneme.model.serve.Precision;
import dev.mneme.model.serve.TextEmbedding;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A checkpoint folder that talks: tokenizer, chat template, decoder and the scheduler that lets
 * many callers share it.
 *
 * <p>Thread-safe: any number of threads may generate at once; their sequences are decoded together.
 * A reply depends on its own request only, never on who else is being served. Owns native memory:
 * the caller closes.
 */
@SuppressWarnings("DoNotCallSuggester") // bodies follow in the next change
public final class LanguageModel implements AutoCloseable {
  private LanguageModel() {}

  /**
   * How a model is served.
   *
   * @param precision how the weights are kept
   * @param threads threads of the decoder
   * @param maxBatch sequences decoded together; more callers wait their turn
   * @param prefixCacheTokens tokens of finished prompts kept to be continued; 0 switches it off
   * @param clock what a template that prints today's date reads
   */
  public record Options(
      Precision precision, int threads, int maxBatch, int prefixCacheTokens, InstantSource clock) {}

  /**
   * Opens a folder with config.json, model.safetensors, tokenizer.json and tokenizer_config.json.
   *
   * @throws dev.mneme.model.checkpoint.CheckpointException when the weights cannot be read
   * @throws dev.mneme.model.text.TextFormatException when tokenizer or template cannot be read
   */
  @MustBeClosed
  public static LanguageModel open(Path folder, Options options) {
    throw new UnsupportedOperationException("lands next");
  }

  /**
   * Generates one reply; blocks until it is done.
   *
   * @param onText receives the text in pieces, on the calling thread; never a split character and
   *     never the beginning of a stop string that turns out to be one
   * @param cancelled asked between tokens; true ends the reply, what came is kept
   * @throws IllegalArgumentException when the prompt leaves no room in the context or the template
   *     refuses the messages
   */
  public Generation generate(
      List<Message> messages,
      List<ToolSpec> tools,
      Sampling sampling,
      Consumer<String> onText,
      BooleanSupplier cancelled) {
    throw new UnsupportedOperationException("lands next");
  }

  /**
   * Sum of log-probabilities (nats) of a continuation as the assistant's reply, its end included.
   */
  public double logLikelihood(List<Message> messages, String continuation) {
    throw new UnsupportedOperationException("lands next");
  }

  /** Tokens of the rendered prompt. */
  public int countTokens(List<Message> messages, List<ToolSpec> tools) {
    throw new UnsupportedOperationException("lands next");
  }

  /** How many tokens prompt and reply may have together. */
  public int contextTokens() {
    throw new UnsupportedOperationException("lands next");
  }

  /** Vectors to compare texts by. */
  public TextEmbedding embed(String text) {
    throw new UnsupportedOperationException("lands next");
  }

  /**
   * SHA-256 over configuration, weights, tokenizer and template: the same hash, the same replies.
   */
  public String contentHash() {
    throw new UnsupportedOperationException("lands next");
  }

  @Override
  public void close() {}
}

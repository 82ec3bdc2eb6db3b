package dev.mneme.model.serve;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.model.ModelConfig;

/**
 * A model loaded for inference. Thread-safe: calls are served one after the other, each on all of
 * the decoder's threads. The caller closes, which frees the weights; sequences must be closed
 * first.
 *
 * <pre>{@code
 * try (Sequence s = decoder.newSequence()) {
 *   float[] logits = new float[decoder.config().vocabSize()];
 *   decoder.prefill(s, prompt, 0, prompt.length, logits);
 *   int next = argmax(logits);
 *   decoder.step(new Sequence[] {s}, 1, new int[] {next}, new float[][] {logits});
 * }
 * }</pre>
 *
 * <p>All methods throw {@link IllegalArgumentException} for token ids beyond the vocabulary and for
 * texts beyond the context, before anything is computed, and {@link IllegalStateException} after
 * {@link #close}.
 */
public interface Decoder extends AutoCloseable {

  /** Shape and arithmetic of the model. */
  ModelConfig config();

  /** How the weights are kept. */
  Precision precision();

  /** An empty sequence. */
  @MustBeClosed
  Sequence newSequence();

  /**
   * A sequence that starts with the first {@code tokens} tokens of another, without computing them
   * again. Both live on independently.
   */
  @MustBeClosed
  Sequence fork(Sequence parent, int tokens);

  /**
   * Appends {@code tokens[from]} to {@code tokens[to - 1]} to the sequence.
   *
   * @param logits receives the logits after the last token; {@code vocab_size} values
   */
  void prefill(Sequence s, int[] tokens, int from, int to, float[] logits);

  /**
   * Appends one token to each of the first {@code n} sequences, which may have different lengths.
   * The result for a sequence does not depend on the others.
   *
   * @param logits one array of {@code vocab_size} values for each sequence
   */
  void step(Sequence[] s, int n, int[] tokens, float[][] logits);

  /** Logits after each token of a text, {@code [tokens][vocab_size]} flattened. */
  float[] logits(int[] tokens);

  /** Vectors to compare texts by. At least one token. */
  TextEmbedding embed(int[] tokens);

  /** Bytes of native memory that the weights occupy. */
  long weightBytes();

  /** Frees the weights. Idempotent. */
  @Override
  void close();
}

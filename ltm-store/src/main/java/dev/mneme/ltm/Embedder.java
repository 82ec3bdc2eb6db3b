package dev.mneme.ltm;

/**
 * Turns text into a vector whose direction carries its meaning. A port: the store works without
 * one, and does not care whether a language model, a service or a table stands behind it.
 *
 * <p>Implementations are thread-safe, deterministic and return vectors of length one. {@link #id}
 * names the weights and the recipe: when it changes, the store embeds everything again in the
 * background while the old vectors serve, for which it needs the old embedder too ({@link
 * FormerEmbedders}).
 *
 * <p>Whoever opened an embedder closes it; the store closes only those it opened itself, through
 * {@link FormerEmbedders}.
 */
public interface Embedder extends AutoCloseable {
  /** Names model and recipe; vectors of different ids are never compared. */
  String id();

  /** Components of each vector. */
  int dimensions();

  /** The vector of a text; unit length. */
  float[] embed(String text);

  /** Gives back what it holds; nothing, unless it says otherwise. */
  @Override
  default void close() {}
}

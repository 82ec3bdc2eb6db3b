package dev.mneme.ltm;

import org.jspecify.annotations.Nullable;

/**
 * Finds embedders of before by their id. A port: when the configured embedder is another than the
 * one whose vectors the store has, the store asks here for that one, so that its vectors serve
 * until the new ones are all made.
 */
@FunctionalInterface
public interface FormerEmbedders {
  /**
   * The embedder with that {@link Embedder#id}; null when it is gone, and then recall goes by words
   * until the new vectors are made. The store closes what it is given.
   */
  @Nullable Embedder open(String id);

  /** None is to be had. */
  static FormerEmbedders none() {
    return id -> null;
  }
}

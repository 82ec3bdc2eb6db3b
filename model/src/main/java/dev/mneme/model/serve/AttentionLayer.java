package dev.mneme.model.serve;

/**
 * Attention of one layer, as all threads of a team run it together. A new kind of attention is one
 * more implementation and a branch in {@link Weights}.
 */
interface AttentionLayer {
  /** Floats that a token takes in the cache of this layer. */
  int cacheWidth();

  /** Reads {@code b.h}, extends the caches, adds its result to {@code b.x}; ends at a barrier. */
  void run(Batch b, int thread);
}

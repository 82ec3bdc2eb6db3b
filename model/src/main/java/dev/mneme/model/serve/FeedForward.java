package dev.mneme.model.serve;

/** The feed-forward part of one layer, as all threads of a team run it together. */
interface FeedForward {
  /** Reads {@code b.h}, adds its result to {@code b.x}; ends at a barrier. */
  void run(Batch b, int thread);
}

package dev.mneme.model.serve;

import dev.mneme.model.layer.Profile;

/** The feed-forward part of one layer, as all threads of a team run it together. */
interface FeedForward {
  /** What its time is booked under. */
  Profile.Part part();

  /** Reads {@code b.h}, adds its result to {@code b.x}; ends at a barrier. */
  void run(Batch b, int thread);
}

package dev.mneme.ltm;

import java.time.Instant;

/**
 * A stretch of time a question speaks of.
 *
 * @param from its beginning
 * @param to its end, exclusive
 */
record TimeSpan(Instant from, Instant to) {
  TimeSpan {
    if (!from.isBefore(to)) {
      throw new IllegalArgumentException(from + " is not before " + to);
    }
  }

  boolean holds(long epochSeconds) {
    return epochSeconds >= from.getEpochSecond() && epochSeconds < to.getEpochSecond();
  }
}

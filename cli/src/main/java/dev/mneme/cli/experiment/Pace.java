package dev.mneme.cli.experiment;

import dev.mneme.cli.Output;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How far an experiment is and how long the rest will take. What is counted are generations, of
 * which one with a cycle in it takes about as long as another; a trial that learns nothing counts
 * as one. One thread.
 */
final class Pace {
  private final int all;
  private final LongSupplier nanos;
  private final long began;
  private int known;
  private int done;

  /**
   * @param all generations of all trials
   * @param nanos a clock that only goes forward
   */
  Pace(int all, LongSupplier nanos) {
    this.all = all;
    this.nanos = nanos;
    this.began = nanos.getAsLong();
  }

  /** Generations that were found finished, and say nothing about how long others take. */
  void found(int generations) {
    known += generations;
  }

  /** One more was run. */
  void ran() {
    done++;
  }

  /** Left at the pace so far; null while nothing was run. */
  private @Nullable Duration left() {
    if (done == 0) {
      return null;
    }
    double each = (nanos.getAsLong() - began) / 1e9 / done;
    return Duration.ofSeconds((long) (each * Math.max(0, all - known - done)));
  }

  /** For people: {@code [7 of 130, 2h10m left]}. */
  @Override
  public String toString() {
    Duration left = left();
    return "["
        + (known + done)
        + " of "
        + all
        + (left == null ? "" : ", " + Output.time(left) + " left")
        + "]";
  }
}

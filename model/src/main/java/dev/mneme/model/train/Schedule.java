package dev.mneme.model.train;

/**
 * The learning rate over a run, as a factor of its peak. A function of steps (for the warm-up) and
 * of progress from 0 to 1 (for the rest).
 */
public sealed interface Schedule {
  /** Steps over which the rate rises linearly to its peak. */
  int warmupSteps();

  /** The factor before the warm-up is applied. */
  double shape(double progress);

  /**
   * The factor of the peak rate.
   *
   * @param step from 0
   * @param progress 0 at the start, 1 at the end
   */
  default double factor(long step, double progress) {
    double warm = warmupSteps() == 0 ? 1 : Math.min(1, (step + 1.0) / warmupSteps());
    return warm * shape(Math.clamp(progress, 0, 1));
  }

  /**
   * Half a cosine from the peak to {@code floor} (Loshchilov and Hutter 2017, eq. 5, one period).
   */
  record Cosine(int warmupSteps, double floor) implements Schedule {
    public Cosine {
      check(warmupSteps, floor);
    }

    @Override
    public double shape(double progress) {
      return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
    }
  }

  /**
   * Constant, then linearly down to {@code floor} over the last {@code decay} of the run (Hu et al.
   * 2024, "MiniCPM"; linear as in Hägele et al. 2024).
   */
  record WarmupStableDecay(int warmupSteps, double decay, double floor) implements Schedule {
    public WarmupStableDecay {
      check(warmupSteps, floor);
      if (!(decay > 0 && decay <= 1)) {
        throw new IllegalArgumentException("decay must be in (0, 1], got " + decay);
      }
    }

    @Override
    public double shape(double progress) {
      double left = Math.min(1, (1 - progress) / decay);
      return floor + (1 - floor) * left;
    }
  }

  private static void check(int warmupSteps, double floor) {
    if (warmupSteps < 0 || !(floor >= 0 && floor <= 1)) {
      throw new IllegalArgumentException(
          "expected warmupSteps >= 0 and floor in [0, 1], got " + warmupSteps + " and " + floor);
    }
  }
}

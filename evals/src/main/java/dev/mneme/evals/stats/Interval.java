package dev.mneme.evals.stats;

/**
 * A confidence interval and how it was made.
 *
 * @param low its lower end
 * @param high its upper end
 * @param level its nominal coverage, for example 0.95
 * @param resamples how many bootstrap samples
 * @param seed the same seed and values give the same interval
 */
public record Interval(double low, double high, double level, int resamples, long seed) {
  public Interval {
    if (!(low <= high)) {
      throw new IllegalArgumentException("an interval from " + low + " to " + high);
    }
  }

  public boolean contains(double value) {
    return low <= value && value <= high;
  }
}

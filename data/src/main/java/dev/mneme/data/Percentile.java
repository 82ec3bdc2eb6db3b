package dev.mneme.data;

/** The percentile of things that were measured one by one: latencies. Stateless. */
public final class Percentile {
  private Percentile() {}

  /**
   * The nearest rank: the smallest value that at least this share of the values does not exceed. It
   * is always one of them, so a p99 is a request somebody waited for. (The ends of bootstrap
   * intervals are between values instead: see {@code ClusterMean} in {@code evals}.)
   *
   * @param sorted rising
   * @param share from 0 to 1
   * @throws IllegalArgumentException without values, or when the share is none
   */
  public static double nearestRank(double[] sorted, double share) {
    if (sorted.length == 0) {
      throw new IllegalArgumentException("a percentile needs at least one value, got none");
    }
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("a share is between 0 and 1, got " + share);
    }
    return sorted[Math.clamp((int) Math.ceil(share * sorted.length) - 1, 0, sorted.length - 1)];
  }
}

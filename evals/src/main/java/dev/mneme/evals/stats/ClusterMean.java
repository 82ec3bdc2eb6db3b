package dev.mneme.evals.stats;

import dev.mneme.data.Hashes;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The mean of all values with a percentile bootstrap interval that resamples whole clusters (Efron
 * and Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 8 and 13).
 *
 * @param mean over all values, so a cluster with more values weighs more
 * @param clusters how many prompts
 * @param values how many values
 * @param interval the 95 % interval; of no width for a single cluster
 */
public record ClusterMean(double mean, int clusters, int values, Interval interval) {
  public static final int RESAMPLES = 10_000;
  public static final double LEVEL = 0.95;

  /**
   * @throws IllegalArgumentException when there are no clusters
   */
  public static ClusterMean of(List<Cluster> clusters, long seed) {
    if (clusters.isEmpty()) {
      throw new IllegalArgumentException("a mean needs at least one cluster, got none");
    }
    double[] sums = clusters.stream().mapToDouble(Cluster::sum).toArray();
    int[] counts = clusters.stream().mapToInt(each -> each.values().size()).toArray();
    int values = Arrays.stream(counts).sum();
    double mean = Arrays.stream(sums).sum() / values;
    return new ClusterMean(mean, clusters.size(), values, bootstrap(sums, counts, seed));
  }

  /** The interval of {@code sum(sums) / sum(counts)} when clusters are drawn with replacement. */
  static Interval bootstrap(double[] sums, int[] counts, long seed) {
    var random = new SplittableRandom(Hashes.subSeed(seed, "bootstrap"));
    var means = new double[RESAMPLES];
    for (int r = 0; r < RESAMPLES; r++) {
      double sum = 0;
      long count = 0;
      for (int i = 0; i < sums.length; i++) {
        int drawn = random.nextInt(sums.length);
        sum += sums[drawn];
        count += counts[drawn];
      }
      means[r] = sum / count;
    }
    Arrays.sort(means);
    double tail = (1 - LEVEL) / 2;
    return new Interval(quantile(means, tail), quantile(means, 1 - tail), LEVEL, RESAMPLES, seed);
  }

  /** Linear interpolation between order statistics. */
  static double quantile(double[] sorted, double q) {
    double at = q * (sorted.length - 1);
    int below = (int) Math.floor(at);
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}

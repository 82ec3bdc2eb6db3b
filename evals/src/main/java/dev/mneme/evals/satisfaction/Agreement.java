package dev.mneme.evals.satisfaction;

import java.util.Comparator;
import java.util.stream.IntStream;

/** Agreement of scores with ratings: pure functions, ties handled by mean ranks. */
final class Agreement {
  private Agreement() {}

  /**
   * The chance that a dissatisfied turn scores below a satisfied one, ties counting half
   * (Mann-Whitney U over n1 n0). NaN when one class is empty: the caller must not report it.
   */
  static double aucDissatisfied(double[] satisfaction, boolean[] dissatisfied) {
    double[] ranks = ranks(satisfaction);
    double rankSum = 0;
    long negatives = 0;
    for (int i = 0; i < ranks.length; i++) {
      if (!dissatisfied[i]) {
        rankSum += ranks[i];
        negatives++;
      }
    }
    long positives = ranks.length - negatives;
    return (rankSum - negatives * (negatives + 1) / 2.0) / ((double) positives * negatives);
  }

  /** Pearson's correlation of the ranks; NaN when either side is constant. */
  static double spearman(double[] a, double[] b) {
    double[] x = ranks(a);
    double[] y = ranks(b);
    double mean = (x.length + 1) / 2.0;
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int i = 0; i < x.length; i++) {
      xy += (x[i] - mean) * (y[i] - mean);
      xx += (x[i] - mean) * (x[i] - mean);
      yy += (y[i] - mean) * (y[i] - mean);
    }
    return xy / Math.sqrt(xx * yy);
  }

  /** F1 of "dissatisfied" when everything below the threshold is called so; 0 without a hit. */
  static double f1Dissatisfied(double[] satisfaction, boolean[] dissatisfied, double threshold) {
    int hit = 0;
    int called = 0;
    int actual = 0;
    for (int i = 0; i < satisfaction.length; i++) {
      boolean below = satisfaction[i] < threshold;
      hit += below && dissatisfied[i] ? 1 : 0;
      called += below ? 1 : 0;
      actual += dissatisfied[i] ? 1 : 0;
    }
    return hit == 0 ? 0 : 2.0 * hit / (called + actual);
  }

  /** Ranks from 1; equal values share their mean rank. */
  static double[] ranks(double[] values) {
    Integer[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .toArray(Integer[]::new);
    double[] ranks = new double[values.length];
    for (int from = 0; from < order.length; ) {
      int to = from;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + 1 + to) / 2.0;
      }
      from = to;
    }
    return ranks;
  }
}

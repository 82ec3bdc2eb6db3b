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

  /** F1 of the calls; 0 without a hit. */
  static double f1(boolean[] called, boolean[] actual) {
    int hits = 0;
    int either = 0;
    for (int i = 0; i < called.length; i++) {
      hits += called[i] && actual[i] ? 1 : 0;
      either += (called[i] ? 1 : 0) + (actual[i] ? 1 : 0);
    }
    return hits == 0 ? 0 : 2.0 * hits / either;
  }

  /**
   * The threshold with the best F1 when everything below it is called dissatisfied; of equals the
   * lowest. Infinity, calling all, is among the choices.
   */
  static double bestThreshold(double[] satisfaction, boolean[] dissatisfied) {
    Integer[] order = ascending(satisfaction);
    int actual = 0;
    for (boolean each : dissatisfied) {
      actual += each ? 1 : 0;
    }
    double best = Double.POSITIVE_INFINITY;
    double most = -1;
    int hits = 0;
    for (int i = 0; i < order.length; i++) {
      hits += dissatisfied[order[i]] ? 1 : 0;
      boolean last = i + 1 == order.length;
      double next = last ? Double.POSITIVE_INFINITY : satisfaction[order[i + 1]];
      double f1 = 2.0 * hits / (i + 1 + actual);
      if (next > satisfaction[order[i]] && f1 > most) {
        most = f1;
        best = next;
      }
    }
    return best;
  }

  private static Integer[] ascending(double[] values) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> values[i]))
        .toArray(Integer[]::new);
  }

  /** Ranks from 1; equal values share their mean rank. */
  static double[] ranks(double[] values) {
    Integer[] order = ascending(values);
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

package dev.mneme.preference.dialogue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Fits the satisfaction model: maximum a posteriori logistic regression by Newton's method (IRLS),
 * with a Gaussian prior around each feature's common-sense weight.
 *
 * <p>Made dialogues are only as true as our imagination, so the likelihood is tempered: whatever
 * the number of replies, they count as {@link #EFFECTIVE}. What they say clearly moves a weight;
 * what they say little about stays with the prior. The carry-over of moods is fitted the same way
 * in a second stage, and the calibration (Platt 1999) on dialogues that were held back.
 */
public final class SatisfactionTrainer {
  /** How many observations the made dialogues count for, together. */
  static final double EFFECTIVE = 400;

  /** Standard deviation of every prior. */
  static final double PRIOR_SD = 0.5;

  private static final double CARRY_PRIOR = 0.5;
  private static final double INTERCEPT_PRIOR = 0.5;
  private static final int STEPS = 50;

  private SatisfactionTrainer() {}

  /**
   * Fits weights to {@code dialogues} made dialogues, and calibrates on as many others.
   *
   * @param dialogues how many; a few thousand are plenty
   * @param seed the same seed gives the same weights
   */
  public static SatisfactionModel.Weights train(int dialogues, long seed) {
    if (dialogues < 10) {
      throw new IllegalArgumentException("need at least 10 dialogues, got " + dialogues);
    }
    var maker = new DialogueMaker(seed);
    Data fitted = data(maker, dialogues);
    double[] w = fit(fitted.x, fitted.y, priorOfWeights());
    double[] carry = fitCarry(fitted, w);
    Data held = data(maker, dialogues);
    double[] platt = platt(held, w, carry);
    Map<String, Double> named = new LinkedHashMap<>();
    for (Feature feature : Feature.values()) {
      named.put(feature.wireName(), w[feature.at()]);
    }
    return new SatisfactionModel.Weights(
        String.format(
            Locale.ROOT,
            "%d made dialogues with %d replies, seed %d; calibrated on as many others",
            dialogues,
            fitted.y.length,
            seed),
        w[w.length - 1],
        named,
        carry[0],
        carry[1],
        platt[0],
        platt[1]);
  }

  /** Replies as rows; the last column is the intercept's one. Dialogues are runs of rows. */
  private static final class Data {
    final double[][] x;
    final double[] y;
    final List<int[]> runs;

    Data(List<double[]> x, List<Double> y, List<int[]> runs) {
      this.x = x.toArray(double[][]::new);
      this.y = y.stream().mapToDouble(Double::doubleValue).toArray();
      this.runs = runs;
    }
  }

  private static Data data(DialogueMaker maker, int dialogues) {
    var x = new ArrayList<double[]>();
    var y = new ArrayList<Double>();
    var runs = new ArrayList<int[]>();
    for (int i = 0; i < dialogues; i++) {
      DialogueMaker.Made made = maker.next();
      int from = x.size();
      for (int reply : made.dialogue().replies()) {
        double[] features = FeatureReader.read(made.dialogue(), reply);
        double[] row = Arrays.copyOf(features, features.length + 1);
        row[features.length] = 1;
        x.add(row);
        y.add(made.satisfied().getOrDefault(reply, 0.5));
      }
      runs.add(new int[] {from, x.size()});
    }
    return new Data(x, y, runs);
  }

  private static double[] priorOfWeights() {
    double[] prior = new double[Feature.values().length + 1];
    for (Feature feature : Feature.values()) {
      prior[feature.at()] = feature.prior();
    }
    prior[prior.length - 1] = INTERCEPT_PRIOR;
    return prior;
  }

  private static double[] fitCarry(Data data, double[] w) {
    double[][] rows = carryRows(data, w);
    return fit(rows, data.y, new double[] {CARRY_PRIOR, CARRY_PRIOR, 1});
  }

  /** Mood before, mood after, and the local log-odds, whose own prior weight is one. */
  private static double[][] carryRows(Data data, double[] w) {
    double[][] rows = new double[data.y.length][];
    for (int[] run : data.runs) {
      double[] z = new double[run[1] - run[0]];
      for (int i = 0; i < z.length; i++) {
        z[i] = dot(w, data.x[run[0] + i]);
      }
      for (int i = 0; i < z.length; i++) {
        rows[run[0] + i] =
            new double[] {
              SatisfactionModel.moodBefore(z, i), SatisfactionModel.moodAfter(z, i), z[i]
            };
      }
    }
    return rows;
  }

  /** Slope and offset of the final log-odds on dialogues the weights have not seen. */
  private static double[] platt(Data held, double[] w, double[] carry) {
    double[][] rows = carryRows(held, w);
    double[][] x = new double[rows.length][];
    for (int i = 0; i < rows.length; i++) {
      double z = carry[0] * rows[i][0] + carry[1] * rows[i][1] + rows[i][2];
      x[i] = new double[] {z, 1};
    }
    return fit(x, held.y, new double[] {1, 0});
  }

  /** The maximum of the tempered likelihood times the Gaussian prior. */
  private static double[] fit(double[][] x, double[] y, double[] prior) {
    int d = prior.length;
    double temper = Math.min(1, EFFECTIVE / y.length);
    double precision = 1 / (PRIOR_SD * PRIOR_SD);
    double[] w = prior.clone();
    for (int step = 0; step < STEPS; step++) {
      double[] gradient = new double[d];
      double[][] hessian = new double[d][d];
      for (int j = 0; j < d; j++) {
        gradient[j] = precision * (prior[j] - w[j]);
        hessian[j][j] = precision;
      }
      for (int i = 0; i < y.length; i++) {
        double p = SatisfactionModel.sigmoid(dot(w, x[i]));
        double residual = temper * (y[i] - p);
        double curvature = temper * p * (1 - p);
        for (int j = 0; j < d; j++) {
          if (x[i][j] != 0) {
            gradient[j] += residual * x[i][j];
            for (int k = 0; k <= j; k++) {
              hessian[j][k] += curvature * x[i][j] * x[i][k];
            }
          }
        }
      }
      double[] move = solve(hessian, gradient);
      double largest = 0;
      for (int j = 0; j < d; j++) {
        w[j] += move[j];
        largest = Math.max(largest, Math.abs(move[j]));
      }
      if (largest < 1e-10) {
        return w;
      }
    }
    return w;
  }

  /** Solves A m = b for symmetric positive definite A given by its lower half (Cholesky). */
  private static double[] solve(double[][] a, double[] b) {
    int d = b.length;
    double[][] l = new double[d][d];
    for (int i = 0; i < d; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = a[i][j];
        for (int k = 0; k < j; k++) {
          sum -= l[i][k] * l[j][k];
        }
        l[i][j] = i == j ? Math.sqrt(sum) : sum / l[j][j];
      }
    }
    double[] m = b.clone();
    for (int i = 0; i < d; i++) {
      for (int k = 0; k < i; k++) {
        m[i] -= l[i][k] * m[k];
      }
      m[i] /= l[i][i];
    }
    for (int i = d - 1; i >= 0; i--) {
      for (int k = i + 1; k < d; k++) {
        m[i] -= l[k][i] * m[k];
      }
      m[i] /= l[i][i];
    }
    return m;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}

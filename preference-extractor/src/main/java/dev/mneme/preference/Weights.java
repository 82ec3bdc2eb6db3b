package dev.mneme.preference;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The factors of a pair's weight, each a pure function: {@code w = f^a r^b i^c k^d}, times the
 * share of support left after reversals, capped per user.
 *
 * <p>Frequency-aware weighting after DPSE (dual-phase self-evolution), whose own constants are not
 * published; the forms and defaults are ours.
 */
public final class Weights {
  private Weights() {}

  /**
   * How much repetition counts: {@code (1 - rho^n) / (1 - rho)}, saturating at {@code 1 / (1 -
   * rho)}.
   *
   * @param expressions how often the preference was expressed in all, at least {@code sessions}
   * @param sessions in how many distinct sessions, at least 1
   * @param rho in [0, 1): 0 ignores repetition
   * @param withinSession what a repetition inside one session counts, against 1 for a new session
   */
  public static double frequency(int expressions, int sessions, double rho, double withinSession) {
    if (sessions < 1 || expressions < sessions) {
      throw new IllegalArgumentException(
          "expected expressions >= sessions >= 1, got " + expressions + " and " + sessions);
    }
    double n = sessions + withinSession * (expressions - sessions);
    return (1 - Math.pow(rho, n)) / (1 - rho);
  }

  /**
   * {@code 2^(-age / halfLife)}; a time in the future counts as now. Only the ratio of the two
   * durations matters, so the unit of time does not.
   */
  public static double recency(Duration age, Duration halfLife) {
    requireNonNull(age, "age is null");
    if (halfLife.isNegative() || halfLife.isZero()) {
      throw new IllegalArgumentException("the half-life must be positive, got " + halfLife);
    }
    return Math.pow(2, -Math.max(0, seconds(age)) / seconds(halfLife));
  }

  private static double seconds(Duration duration) {
    return duration.getSeconds() + duration.getNano() * 1e-9;
  }

  /** The larger of the satisfaction gap and the strongest signal's own intensity, in [0, 1]. */
  public static double intensity(double chosen, double rejected, double signal) {
    return Math.clamp(Math.max(chosen - rejected, signal), 0, 1);
  }

  /**
   * What is left of a preference that was also contradicted: {@code support / (support +
   * opposition)}, both sums of intensity times recency. 1 without opposition.
   */
  public static double afterReversal(double support, double opposition) {
    if (!(support >= 0) || !(opposition >= 0)) {
      throw new IllegalArgumentException(
          "support and opposition must not be negative, got " + support + " and " + opposition);
    }
    return opposition == 0 ? 1 : support / (support + opposition);
  }

  /** The product of the factors, each to its exponent. */
  public static double combine(
      double frequency, double recency, double intensity, double confidence, WeightConfig config) {
    return Math.pow(frequency, config.frequencyExponent())
        * Math.pow(recency, config.recencyExponent())
        * Math.pow(intensity, config.intensityExponent())
        * Math.pow(confidence, config.confidenceExponent());
  }

  /**
   * The factor each user's weights are multiplied by so that nobody owns more than {@code maxShare}
   * of the total after capping. With too few users for that ({@code users * maxShare <= 1}) all
   * users end up equal to the smallest: the fairest a cap can do.
   *
   * @param totals weight by user, before capping
   */
  public static Map<String, Double> capShares(Map<String, Double> totals, double maxShare) {
    if (!(maxShare > 0 && maxShare <= 1)) {
      throw new IllegalArgumentException("a user's share must be in (0, 1], got " + maxShare);
    }
    double[] sorted = totals.values().stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double cap = cap(sorted, maxShare);
    var factors = new LinkedHashMap<String, Double>();
    totals.forEach((user, total) -> factors.put(user, total <= cap ? 1 : cap / total));
    return factors;
  }

  /** The largest c with c <= maxShare * sum(min(t_i, c)), by cutting the largest k users to c. */
  private static double cap(double[] sorted, double maxShare) {
    double rest = 0;
    for (double each : sorted) {
      rest += each;
    }
    for (int cut = 0; cut < sorted.length; cut++) {
      double largest = sorted[sorted.length - 1 - cut];
      double others = 1 - cut * maxShare;
      if (others <= 0) {
        return sorted[0];
      }
      double cap = maxShare * rest / others;
      if (largest <= cap) {
        return cap;
      }
      rest -= largest;
    }
    return sorted.length == 0 ? 0 : sorted[0];
  }
}

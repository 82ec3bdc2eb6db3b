package dev.mneme.ltm;

import java.util.List;

/**
 * How firmly the store believes what a turn says, packed into one number: how often its facts were
 * said, and the confidence of the surest. Zero for a turn no current fact rests on.
 */
final class Standing {
  private static final int PERCENT = 7;
  private static final long MOST = 1_000;

  /** Said this often, a statement has the whole boost of frequency. */
  private static final double OFTEN = 8;

  /** A month, in seconds. */
  private static final double HALF_LIFE = 30 * 86_400.0;

  private Standing() {}

  static long of(List<Fact> facts) {
    int frequency = 0;
    double confidence = 0;
    for (Fact each : facts) {
      frequency = Math.max(frequency, each.frequency());
      confidence = Math.max(confidence, each.confidence());
    }
    return Math.min(MOST, frequency) << PERCENT | Math.round(100 * confidence);
  }

  /** 0 for what was said once, 1 for what was said eight times or more, by the logarithm. */
  static double frequency(long standing) {
    long said = standing >> PERCENT;
    return said < 2 ? 0 : Math.min(1, Math.log(said) / Math.log(OFTEN));
  }

  /** 1 for what one was asked to remember, up to a half for a fact, 0 for small talk. */
  static double importance(long standing, long traits) {
    return Traits.toBeKept(traits) ? 1 : (standing & (1 << PERCENT) - 1) / 200.0;
  }

  /** 1 now, halved by every month of age; what is said later than now counts as now. */
  static double recency(long atSeconds, long nowSeconds) {
    return Math.pow(0.5, Math.max(0, nowSeconds - atSeconds) / HALF_LIFE);
  }
}

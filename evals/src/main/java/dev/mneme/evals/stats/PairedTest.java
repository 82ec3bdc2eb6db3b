package dev.mneme.evals.stats;

import dev.mneme.data.Hashes;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Whether B scores higher than A on the same prompts, by a sign-flip permutation test.
 *
 * <p>If the two models do not differ, which of them gave which score is arbitrary, so the sign of
 * each prompt's difference is (Fisher, "The Design of Experiments", 1935, section 21). The p-value
 * is two-sided: the share of sign patterns with a total at least as far from zero. With {@value
 * #EXACT_UP_TO} or fewer prompts that differ all patterns are counted; for scores of 0 and 1 that
 * is McNemar's exact test. With more, {@value #PATTERNS} are drawn and the observed one counted
 * among them, which keeps the test valid (Phipson and Smyth, 2010, equation 2).
 *
 * @param wins prompts on which B is higher
 * @param ties prompts on which both are the same
 * @param losses prompts on which B is lower
 * @param meanA over all paired values
 * @param meanB over all paired values
 * @param difference {@code meanB - meanA}
 * @param interval the 95 % bootstrap interval of the difference, clustered by prompt
 * @param pValue two-sided; 1 when no prompt differs
 */
public record PairedTest(
    int wins,
    int ties,
    int losses,
    double meanA,
    double meanB,
    double difference,
    Interval interval,
    double pValue) {
  static final int EXACT_UP_TO = 16;
  static final int PATTERNS = 10_000;

  /** Differences below this are rounding. */
  private static final double SAME = 1e-9;

  /**
   * @param a A's values by prompt
   * @param b B's values on the same prompts, in the same order and number
   */
  public static PairedTest of(List<Cluster> a, List<Cluster> b, long seed) {
    if (a.isEmpty() || a.size() != b.size()) {
      throw new IllegalArgumentException(
          "a paired test needs the same prompts on both sides, got "
              + a.size()
              + " and "
              + b.size());
    }
    var differences = new double[a.size()];
    var counts = new int[a.size()];
    double sumA = 0;
    double sumB = 0;
    int wins = 0;
    int losses = 0;
    for (int i = 0; i < differences.length; i++) {
      requirePaired(a.get(i), b.get(i));
      sumA += a.get(i).sum();
      sumB += b.get(i).sum();
      differences[i] = b.get(i).sum() - a.get(i).sum();
      counts[i] = a.get(i).values().size();
      wins += differences[i] > SAME ? 1 : 0;
      losses += differences[i] < -SAME ? 1 : 0;
    }
    int n = Arrays.stream(counts).sum();
    return new PairedTest(
        wins,
        differences.length - wins - losses,
        losses,
        sumA / n,
        sumB / n,
        Arrays.stream(differences).sum() / n,
        ClusterMean.bootstrap(differences, counts, seed),
        pValue(differences, seed));
  }

  /** Wins and half the ties, as a share of all prompts. */
  public double winRate() {
    return (wins + 0.5 * ties) / (wins + ties + losses);
  }

  /** True when B is higher and chance alone explains that in fewer than {@code alpha} of cases. */
  public boolean better(double alpha) {
    return difference > 0 && pValue < alpha;
  }

  private static void requirePaired(Cluster a, Cluster b) {
    if (!a.id().equals(b.id()) || a.values().size() != b.values().size()) {
      throw new IllegalArgumentException(
          "prompts do not pair: "
              + a.id()
              + " with "
              + a.values().size()
              + " values, "
              + b.id()
              + " with "
              + b.values().size());
    }
  }

  private static double pValue(double[] differences, long seed) {
    double[] moved = Arrays.stream(differences).filter(each -> Math.abs(each) > SAME).toArray();
    if (moved.length == 0) {
      return 1;
    }
    double observed = Math.abs(Arrays.stream(moved).sum()) - SAME;
    return moved.length <= EXACT_UP_TO ? exact(moved, observed) : drawn(moved, observed, seed);
  }

  private static double exact(double[] moved, double observed) {
    int patterns = 1 << moved.length;
    int extreme = 0;
    for (int pattern = 0; pattern < patterns; pattern++) {
      double sum = 0;
      for (int i = 0; i < moved.length; i++) {
        sum += (pattern >> i & 1) == 0 ? moved[i] : -moved[i];
      }
      extreme += Math.abs(sum) >= observed ? 1 : 0;
    }
    return (double) extreme / patterns;
  }

  private static double drawn(double[] moved, double observed, long seed) {
    var random = new SplittableRandom(Hashes.subSeed(seed, "sign flips"));
    int extreme = 1;
    for (int p = 0; p < PATTERNS; p++) {
      double sum = 0;
      long signs = 0;
      for (int i = 0; i < moved.length; i++) {
        signs = i % Long.SIZE == 0 ? random.nextLong() : signs >>> 1;
        sum += (signs & 1) == 0 ? moved[i] : -moved[i];
      }
      extreme += Math.abs(sum) >= observed ? 1 : 0;
    }
    return (double) extreme / (PATTERNS + 1);
  }
}

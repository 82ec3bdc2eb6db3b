package dev.mneme.data;

/**
 * How much a pair counts, with its factors kept apart so that every number can be explained.
 *
 * @param frequency grows, saturating, with how often the preference was expressed
 * @param recency halves with every half-life of age
 * @param intensity how strongly it was expressed
 * @param confidence how sure the extractor is
 * @param total the weight the trainer uses: the product, after caps
 */
public record PairWeight(
    double frequency, double recency, double intensity, double confidence, double total) {
  public PairWeight {
    if (!(total >= 0) || Double.isInfinite(total)) {
      throw new IllegalArgumentException("a weight must be finite and not negative, got " + total);
    }
  }

  /** Weight one: unweighted DPO. */
  public static final PairWeight ONE = new PairWeight(1, 1, 1, 1, 1);
}

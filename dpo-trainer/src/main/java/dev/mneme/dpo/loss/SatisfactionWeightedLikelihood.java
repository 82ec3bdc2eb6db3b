package dev.mneme.dpo.loss;

/**
 * max E[s log P(y|x)]: supervised learning in which a reply counts by how satisfied its reader was
 * (the supervised phase of DPSE, arXiv 2507.15281).
 *
 * <p>A reply below {@code floor} counts nothing rather than a little: likelihood training has no
 * way to say "less of this", so a poor reply with a small weight would still be imitated.
 *
 * @param floor satisfaction below which a reply is not imitated, 0 to 1
 */
public record SatisfactionWeightedLikelihood(double floor) {
  public SatisfactionWeightedLikelihood {
    if (!(floor >= 0 && floor <= 1)) {
      throw new IllegalArgumentException("floor must be in [0, 1], got " + floor);
    }
  }

  /** The weight of a reply: its satisfaction times its own weight, or 0 below the floor. */
  public double weight(double satisfaction, double replyWeight) {
    return satisfaction < floor ? 0 : satisfaction * replyWeight;
  }
}

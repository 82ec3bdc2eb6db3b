package dev.mneme.dpo.loss;

import static dev.mneme.dpo.loss.Sigmoids.sigmoid;

/**
 * KTO (Ethayarajh et al., arXiv 2402.01306, Eq. 7): learns from single replies marked desirable or
 * not.
 *
 * <p>desirable: lambda_D (1 - sig(beta (r - z0))); undesirable: lambda_U (1 - sig(beta (z0 - r))),
 * with r = log pi - log ref and z0 the batch's estimate of the KL divergence, clamped at 0 and held
 * constant (no gradient flows through it).
 *
 * @param beta reward scale
 * @param desirableWeight lambda_D
 * @param undesirableWeight lambda_U
 */
public record KtoLoss(double beta, double desirableWeight, double undesirableWeight) {
  public KtoLoss {
    if (!(beta > 0)) {
      throw new IllegalArgumentException("beta must be positive, got " + beta);
    }
    if (!(desirableWeight >= 0) || !(undesirableWeight >= 0)) {
      throw new IllegalArgumentException(
          "weights must not be negative, got " + desirableWeight + " and " + undesirableWeight);
    }
  }

  /**
   * @param loss the value
   * @param grad dLoss / d(policy log-probability sum)
   */
  public record SingleLoss(double loss, double grad) {}

  /** The batch's z0 from log-ratios of replies paired with other prompts' requests. */
  public static double klEstimate(double[] mismatchedLogRatios) {
    double sum = 0;
    for (double each : mismatchedLogRatios) {
      sum += each;
    }
    return mismatchedLogRatios.length == 0 ? 0 : Math.max(0, sum / mismatchedLogRatios.length);
  }

  public SingleLoss evaluate(double policy, double reference, boolean desirable, double z0) {
    double ratio = policy - reference;
    if (desirable) {
      double s = sigmoid(beta * (ratio - z0));
      return new SingleLoss(desirableWeight * (1 - s), -desirableWeight * beta * s * (1 - s));
    }
    double s = sigmoid(beta * (z0 - ratio));
    return new SingleLoss(undesirableWeight * (1 - s), undesirableWeight * beta * s * (1 - s));
  }
}

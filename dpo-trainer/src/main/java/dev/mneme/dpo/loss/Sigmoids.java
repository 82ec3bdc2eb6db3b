package dev.mneme.dpo.loss;

/** The logistic function without overflow. */
final class Sigmoids {
  private Sigmoids() {}

  static double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
  }

  /** log sigmoid(x) = -log(1 + exp(-x)), stable on both sides. */
  static double logSigmoid(double x) {
    return x >= 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x));
  }
}

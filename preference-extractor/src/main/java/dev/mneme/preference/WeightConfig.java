package dev.mneme.preference;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * The parameters of {@link Weights}.
 *
 * @param frequencyRho saturation of repetition, in [0, 1): 0.6 saturates at 2.5
 * @param withinSession what a repetition inside one session counts, against 1 for a new session
 * @param halfLife after how long a preference counts half
 * @param frequencyExponent a in w = f^a r^b i^c k^d
 * @param recencyExponent b
 * @param intensityExponent c
 * @param confidenceExponent d
 * @param maxUserShare no user owns more than this share of the total weight, in (0, 1]; 1 is no cap
 */
public record WeightConfig(
    double frequencyRho,
    double withinSession,
    Duration halfLife,
    double frequencyExponent,
    double recencyExponent,
    double intensityExponent,
    double confidenceExponent,
    double maxUserShare) {
  public WeightConfig {
    requireNonNull(halfLife, "halfLife is null");
    if (!(frequencyRho >= 0 && frequencyRho < 1)) {
      throw new IllegalArgumentException("frequencyRho must be in [0, 1), got " + frequencyRho);
    }
    if (!(withinSession >= 0 && withinSession <= 1)) {
      throw new IllegalArgumentException("withinSession must be in [0, 1], got " + withinSession);
    }
    if (halfLife.isNegative() || halfLife.isZero()) {
      throw new IllegalArgumentException("halfLife must be positive, got " + halfLife);
    }
    if (!(frequencyExponent >= 0
        && recencyExponent >= 0
        && intensityExponent >= 0
        && confidenceExponent >= 0)) {
      throw new IllegalArgumentException(
          "exponents must not be negative, or more would weigh less; got "
              + frequencyExponent
              + ", "
              + recencyExponent
              + ", "
              + intensityExponent
              + ", "
              + confidenceExponent);
    }
    if (!(maxUserShare > 0 && maxUserShare <= 1)) {
      throw new IllegalArgumentException("maxUserShare must be in (0, 1], got " + maxUserShare);
    }
  }

  public static WeightConfig defaults() {
    return new WeightConfig(0.6, 0.25, Duration.ofDays(30), 1, 1, 1, 1, 0.5);
  }
}

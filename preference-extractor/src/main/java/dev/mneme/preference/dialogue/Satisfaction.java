package dev.mneme.preference.dialogue;

import java.util.List;

/**
 * How satisfied the person was with one reply, and why we think so.
 *
 * @param value calibrated probability of satisfaction, in [0, 1]
 * @param confidence how much the value deserves to be believed, in [0, 1]
 * @param reasons what moved the value, the strongest first
 */
public record Satisfaction(double value, double confidence, List<Reason> reasons) {
  public Satisfaction {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException("satisfaction must be in [0, 1], got " + value);
    }
    if (!(confidence >= 0 && confidence <= 1)) {
      throw new IllegalArgumentException("confidence must be in [0, 1], got " + confidence);
    }
    reasons = List.copyOf(reasons);
  }

  /**
   * One feature's share.
   *
   * @param name the feature's name in the weights file, or the explicit signal's
   * @param logOdds what it adds to the log-odds of satisfaction
   * @param told the reason in words
   */
  public record Reason(String name, double logOdds, String told) {}
}

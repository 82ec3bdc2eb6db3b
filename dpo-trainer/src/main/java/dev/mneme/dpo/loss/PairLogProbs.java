package dev.mneme.dpo.loss;

/**
 * What a preference loss sees of one pair.
 *
 * @param policyChosen log-probability (nats, summed over reply tokens) of the chosen reply
 * @param policyRejected the same for the rejected reply
 * @param referenceChosen the frozen reference's log-probability of the chosen reply
 * @param referenceRejected the same for the rejected reply
 * @param chosenTokens how many tokens the chosen sum runs over
 * @param rejectedTokens how many tokens the rejected sum runs over
 */
public record PairLogProbs(
    double policyChosen,
    double policyRejected,
    double referenceChosen,
    double referenceRejected,
    int chosenTokens,
    int rejectedTokens) {
  public PairLogProbs {
    if (chosenTokens < 1 || rejectedTokens < 1) {
      throw new IllegalArgumentException(
          "a pair needs at least one token on each side, got chosen "
              + chosenTokens
              + " and rejected "
              + rejectedTokens);
    }
  }

  /**
   * (log pi - log ref) of the chosen minus that of the rejected: the implicit reward margin / beta.
   */
  public double delta() {
    return (policyChosen - referenceChosen) - (policyRejected - referenceRejected);
  }

  /** As {@link #delta} with each log-ratio averaged over its tokens. */
  public double deltaPerToken() {
    return (policyChosen - referenceChosen) / chosenTokens
        - (policyRejected - referenceRejected) / rejectedTokens;
  }
}

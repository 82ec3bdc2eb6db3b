package dev.mneme.dpo.loss;

/**
 * A loss with its gradient.
 *
 * @param loss the value
 * @param gradChosen dLoss / d(policy log-probability sum of the chosen reply)
 * @param gradRejected dLoss / d(policy log-probability sum of the rejected reply)
 */
public record PairLoss(double loss, double gradChosen, double gradRejected) {
  PairLoss plus(PairLoss other) {
    return new PairLoss(
        loss + other.loss, gradChosen + other.gradChosen, gradRejected + other.gradRejected);
  }
}

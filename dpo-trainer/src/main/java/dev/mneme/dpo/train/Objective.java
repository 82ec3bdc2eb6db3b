package dev.mneme.dpo.train;

import dev.mneme.dpo.loss.KtoLoss;
import dev.mneme.dpo.loss.PairLogProbs;
import dev.mneme.dpo.loss.PairLoss;
import dev.mneme.dpo.loss.PreferenceLoss;

/** What the preference phase minimises. Immutable. */
sealed interface Objective {
  /**
   * The loss of one item and its gradient by the policy's log-probability sums. Of a side the item
   * does not have, log-probabilities and gradient are 0.
   *
   * @param z0 the batch's estimate of the KL divergence, 0 where it is not asked for
   */
  PairLoss evaluate(Item item, PairLogProbs logProbs, double z0);

  /** How often an item's weight counts in the mean: once for each loss term it brings. */
  default int terms(Item item) {
    return 1;
  }

  /** Whether {@code z0} is used, for which prompts are paired with other items' replies. */
  default boolean usesMismatches() {
    return false;
  }

  /** Scale of {@code rewards/*}. */
  double beta();

  /** A loss over pairs. */
  record Pairs(PreferenceLoss loss) implements Objective {
    @Override
    public PairLoss evaluate(Item item, PairLogProbs logProbs, double z0) {
      return loss.evaluate(logProbs);
    }

    @Override
    public double beta() {
      return loss.beta();
    }
  }

  /** KTO: every reply on its own, a pair being one desirable and one undesirable reply. */
  record Singles(KtoLoss loss) implements Objective {
    @Override
    public PairLoss evaluate(Item item, PairLogProbs p, double z0) {
      var none = new KtoLoss.SingleLoss(0, 0);
      var chosen =
          item.chosen() == null
              ? none
              : loss.evaluate(p.policyChosen(), p.referenceChosen(), true, z0);
      var rejected =
          item.rejected() == null
              ? none
              : loss.evaluate(p.policyRejected(), p.referenceRejected(), false, z0);
      return new PairLoss(chosen.loss() + rejected.loss(), chosen.grad(), rejected.grad());
    }

    @Override
    public int terms(Item item) {
      return item.sides().size();
    }

    @Override
    public boolean usesMismatches() {
      return true;
    }

    @Override
    public double beta() {
      return loss.beta();
    }
  }
}

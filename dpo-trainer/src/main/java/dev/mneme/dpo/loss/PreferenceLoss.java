package dev.mneme.dpo.loss;

import static dev.mneme.dpo.loss.Sigmoids.logSigmoid;
import static dev.mneme.dpo.loss.Sigmoids.sigmoid;

/**
 * A loss over one pair of replies: pure, stateless, thread-safe.
 *
 * <p>beta is the strength of the pull towards the reference: the reward is beta (log pi - log ref),
 * so a larger beta lets the policy move less. Every case gives value and gradient together, checked
 * against central differences in tests.
 */
public sealed interface PreferenceLoss {

  /**
   * The loss of one pair and its gradient with respect to the policy's two log-probability sums.
   */
  PairLoss evaluate(PairLogProbs pair);

  /** The reward scale of {@code rewards/*}; 1 for losses without a reference. */
  double beta();

  /** Whether the loss looks at the reference's log-probabilities. */
  default boolean usesReference() {
    return true;
  }

  /** The name TRL uses for it, which is also its name in configuration. */
  String wireName();

  /**
   * DPO (Rafailov et al., arXiv 2305.18290, Eq. 7): -log sig(beta delta). With label smoothing e it
   * is conservative DPO: -(1-e) log sig(beta delta) - e log sig(-beta delta).
   */
  record Sigmoid(double beta, double labelSmoothing) implements PreferenceLoss {
    public Sigmoid {
      requireBeta(beta);
      requireSmoothing(labelSmoothing);
    }

    @Override
    public PairLoss evaluate(PairLogProbs pair) {
      double x = beta * pair.delta();
      double loss = -(1 - labelSmoothing) * logSigmoid(x) - labelSmoothing * logSigmoid(-x);
      double grad = beta * (-(1 - labelSmoothing) * sigmoid(-x) + labelSmoothing * sigmoid(x));
      return new PairLoss(loss, grad, -grad);
    }

    @Override
    public String wireName() {
      return "sigmoid";
    }
  }

  /**
   * Provably robust DPO (Chowdhury et al., arXiv 2403.00409, Eq. 12): unbiased when a share e of
   * the labels is flipped. [-(1-e) log sig(x) + e log sig(-x)] / (1 - 2e).
   */
  record Robust(double beta, double labelSmoothing) implements PreferenceLoss {
    public Robust {
      requireBeta(beta);
      requireSmoothing(labelSmoothing);
    }

    @Override
    public PairLoss evaluate(PairLogProbs pair) {
      double x = beta * pair.delta();
      double scale = 1 / (1 - 2 * labelSmoothing);
      double loss =
          scale * (-(1 - labelSmoothing) * logSigmoid(x) + labelSmoothing * logSigmoid(-x));
      double grad =
          scale * beta * (-(1 - labelSmoothing) * sigmoid(-x) - labelSmoothing * sigmoid(x));
      return new PairLoss(loss, grad, -grad);
    }

    @Override
    public String wireName() {
      return "robust";
    }
  }

  /** SLiC-style hinge (Zhao et al., arXiv 2305.10425): max(0, 1 - beta delta). */
  record Hinge(double beta) implements PreferenceLoss {
    public Hinge {
      requireBeta(beta);
    }

    @Override
    public PairLoss evaluate(PairLogProbs pair) {
      double slack = 1 - beta * pair.delta();
      return slack > 0 ? new PairLoss(slack, -beta, beta) : new PairLoss(0, 0, 0);
    }

    @Override
    public String wireName() {
      return "hinge";
    }
  }

  /**
   * IPO (Azar et al., arXiv 2310.12036, Eq. 17): (delta - 1/(2 beta))^2, with log-ratios averaged
   * over tokens as TRL does, so that long replies do not dominate.
   */
  record Ipo(double beta) implements PreferenceLoss {
    public Ipo {
      requireBeta(beta);
    }

    @Override
    public PairLoss evaluate(PairLogProbs pair) {
      double error = pair.deltaPerToken() - 1 / (2 * beta);
      return new PairLoss(
          error * error, 2 * error / pair.chosenTokens(), -2 * error / pair.rejectedTokens());
    }

    @Override
    public String wireName() {
      return "ipo";
    }
  }

  /** DPO on log-ratios averaged over tokens: takes away the reward of being longer. */
  record SigmoidNorm(double beta) implements PreferenceLoss {
    public SigmoidNorm {
      requireBeta(beta);
    }

    @Override
    public PairLoss evaluate(PairLogProbs pair) {
      double x = beta * pair.deltaPerToken();
      double grad = -beta * sigmoid(-x);
      return new PairLoss(
          -logSigmoid(x), grad / pair.chosenTokens(), -grad / pair.rejectedTokens());
    }

    @Override
    public String wireName() {
      return "sigmoid_norm";
    }
  }

  /**
   * SimPO (Meng et al., arXiv 2405.14734, Eq. 6): -log sig(beta (avg logp_c - avg logp_r) - gamma);
   * no reference.
   */
  record SimPo(double beta, double gamma) implements PreferenceLoss {
    public SimPo {
      requireBeta(beta);
    }

    @Override
    public PairLoss evaluate(PairLogProbs pair) {
      double margin =
          pair.policyChosen() / pair.chosenTokens() - pair.policyRejected() / pair.rejectedTokens();
      double x = beta * margin - gamma;
      double grad = -beta * sigmoid(-x);
      return new PairLoss(
          -logSigmoid(x), grad / pair.chosenTokens(), -grad / pair.rejectedTokens());
    }

    @Override
    public boolean usesReference() {
      return false;
    }

    @Override
    public String wireName() {
      return "simpo";
    }
  }

  /**
   * ORPO (Hong et al., arXiv 2403.07691, Eq. 6-7): mean NLL of the chosen reply plus lambda times
   * -log sig(log odds ratio), odds = p / (1 - p), p = exp(average log-probability); no reference.
   */
  record Orpo(double lambda) implements PreferenceLoss {
    public Orpo {
      if (!(lambda >= 0)) {
        throw new IllegalArgumentException("lambda must not be negative, got " + lambda);
      }
    }

    @Override
    public PairLoss evaluate(PairLogProbs pair) {
      double averageChosen = pair.policyChosen() / pair.chosenTokens();
      double averageRejected = pair.policyRejected() / pair.rejectedTokens();
      double x = logOdds(averageChosen) - logOdds(averageRejected);
      double outer = -lambda * sigmoid(-x);
      // d log odds / d avg = 1 / (1 - p)
      double gradChosen = (-1 + outer / oneMinusExp(averageChosen)) / pair.chosenTokens();
      double gradRejected = -outer / oneMinusExp(averageRejected) / pair.rejectedTokens();
      return new PairLoss(-averageChosen - lambda * logSigmoid(x), gradChosen, gradRejected);
    }

    private static double logOdds(double averageLogProb) {
      return averageLogProb - Math.log(oneMinusExp(averageLogProb));
    }

    /** 1 - exp(a) for a &lt; 0, kept away from 0 where the model is certain. */
    private static double oneMinusExp(double a) {
      return Math.max(-Math.expm1(a), 1e-9);
    }

    @Override
    public double beta() {
      return 1;
    }

    @Override
    public boolean usesReference() {
      return false;
    }

    @Override
    public String wireName() {
      return "orpo";
    }
  }

  /**
   * APO-zero (D'Oosterlinck et al., arXiv 2408.06266): (1 - sig(beta r_c)) + sig(beta r_r), which
   * raises the chosen and lowers the rejected each on its own.
   */
  record ApoZero(double beta) implements PreferenceLoss {
    public ApoZero {
      requireBeta(beta);
    }

    @Override
    public PairLoss evaluate(PairLogProbs pair) {
      double chosen = sigmoid(beta * (pair.policyChosen() - pair.referenceChosen()));
      double rejected = sigmoid(beta * (pair.policyRejected() - pair.referenceRejected()));
      return new PairLoss(
          1 - chosen + rejected, -beta * chosen * (1 - chosen), beta * rejected * (1 - rejected));
    }

    @Override
    public String wireName() {
      return "apo_zero";
    }
  }

  /**
   * Any loss plus alpha times the mean negative log-likelihood of the chosen reply (RPO, arXiv
   * 2404.19733, Eq. 1). It keeps the chosen reply's probability from falling together with the
   * rejected one's.
   */
  record WithSft(PreferenceLoss inner, double alpha) implements PreferenceLoss {
    public WithSft {
      if (!(alpha >= 0)) {
        throw new IllegalArgumentException("alpha must not be negative, got " + alpha);
      }
    }

    @Override
    public PairLoss evaluate(PairLogProbs pair) {
      double perToken = alpha / pair.chosenTokens();
      return inner.evaluate(pair).plus(new PairLoss(-perToken * pair.policyChosen(), -perToken, 0));
    }

    @Override
    public double beta() {
      return inner.beta();
    }

    @Override
    public boolean usesReference() {
      return inner.usesReference();
    }

    @Override
    public String wireName() {
      return inner.wireName() + "+sft";
    }
  }

  /**
   * The loss of that name.
   *
   * @param name as in TRL: sigmoid, robust, hinge, ipo, sigmoid_norm, simpo, orpo, apo_zero
   * @param beta reward scale (lambda of orpo)
   * @param labelSmoothing of sigmoid and robust
   * @param rpoAlpha weight of the supervised term; 0 for none
   * @param gamma target margin of simpo
   */
  static PreferenceLoss named(
      String name, double beta, double labelSmoothing, double rpoAlpha, double gamma) {
    PreferenceLoss loss =
        switch (name) {
          case "sigmoid" -> new Sigmoid(beta, labelSmoothing);
          case "robust" -> new Robust(beta, labelSmoothing);
          case "hinge" -> new Hinge(beta);
          case "ipo" -> new Ipo(beta);
          case "sigmoid_norm" -> new SigmoidNorm(beta);
          case "simpo" -> new SimPo(beta, gamma);
          case "orpo" -> new Orpo(beta);
          case "apo_zero" -> new ApoZero(beta);
          default ->
              throw new IllegalArgumentException(
                  "unknown loss "
                      + name
                      + "; known: sigmoid, robust, hinge, ipo, sigmoid_norm, simpo, orpo,"
                      + " apo_zero, kto");
        };
    return rpoAlpha > 0 ? new WithSft(loss, rpoAlpha) : loss;
  }

  private static void requireBeta(double beta) {
    if (!(beta > 0) || Double.isInfinite(beta)) {
      throw new IllegalArgumentException("beta must be positive, got " + beta);
    }
  }

  private static void requireSmoothing(double labelSmoothing) {
    if (!(labelSmoothing >= 0 && labelSmoothing < 0.5)) {
      throw new IllegalArgumentException(
          "label smoothing must be in [0, 0.5), got " + labelSmoothing);
    }
  }
}

package dev.mneme.model;

/**
 * How gradients become updates. The learning rate is not here: it is given with every step.
 *
 * <p>{@link Kind#MUON} applies Muon (Jordan et al. 2024) to every matrix inside the blocks and
 * AdamW to embeddings, head, norms and the router, as Moonlight does (arXiv 2502.16982): its update
 * is scaled by {@code 0.2 sqrt(max(rows, columns))} to AdamW's typical size, so one learning rate
 * and one decay serve both.
 *
 * @param beta1 AdamW's first moment
 * @param beta2 AdamW's second moment
 * @param epsilon added to AdamW's root
 * @param weightDecay decoupled decay of matrices inside the blocks; embeddings, head, norms and
 *     router do not decay
 * @param muonMomentum Muon's (Nesterov) momentum
 * @param routerBiasSpeed gamma of the loss-free balance (DeepSeek-V3, section 2.1.2): what {@code
 *     e_score_correction_bias} moves per step towards balance; 0 freezes it
 * @param qkClip tau of QK-clip (Kimi K2, arXiv 2507.20534): after a step, heads whose largest
 *     attention score since the step before was above it are scaled down to it (the paper: 100); 0
 *     for none
 */
public record OptimizerConfig(
    Kind kind,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    double muonMomentum,
    double routerBiasSpeed,
    double qkClip) {

  public OptimizerConfig {
    if (!(qkClip >= 0)) {
      throw new IllegalArgumentException("qkClip " + qkClip + "; expected 0 or more");
    }
  }

  /** Which rule matrices inside the blocks follow. */
  public enum Kind {
    MUON,
    ADAMW
  }

  /** Muon with AdamW beside it: pre-training. */
  public static OptimizerConfig muon() {
    return new OptimizerConfig(Kind.MUON, 0.9, 0.95, 1e-8, 0.1, 0.95, 1e-3, 0);
  }

  /** AdamW throughout, no decay, frozen router bias: fine-tuning. */
  public static OptimizerConfig adamW() {
    return new OptimizerConfig(Kind.ADAMW, 0.9, 0.95, 1e-8, 0, 0.95, 0, 0);
  }

  /** The same with QK-clip. */
  public OptimizerConfig withQkClip(double tau) {
    return new OptimizerConfig(
        kind, beta1, beta2, epsilon, weightDecay, muonMomentum, routerBiasSpeed, tau);
  }
}

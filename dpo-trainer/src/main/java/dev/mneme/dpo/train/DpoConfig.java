package dev.mneme.dpo.train;

import dev.mneme.dpo.loss.PreferenceLoss;

/**
 * How a candidate is trained.
 *
 * @param loss name of the preference loss, as in TRL; see {@link PreferenceLoss#named}
 * @param beta strength of the pull towards the reference
 * @param labelSmoothing assumed share of wrong labels, for sigmoid (cDPO) and robust
 * @param rpoAlpha weight of the supervised term on chosen replies; 0 for none
 * @param learningRate peak of the preference phase
 * @param epochs passes over the pairs
 * @param pairsPerStep pairs per optimizer step
 * @param pairsPerMicroBatch pairs per forward and backward; gradients accumulate to a step
 * @param maxGradNorm clip
 * @param warmupFraction share of steps in which the learning rate rises from 0
 * @param optimizer {@code adamw} or {@code muon}
 * @param maxTokens longest prompt plus reply; longer pairs are left out, never cut
 * @param replayFraction tokens of earlier supervised data per token of pairs, against forgetting
 * @param sftEpochs passes of the supervised phase over satisfying replies; 0 skips it
 * @param sftLearningRate peak of the supervised phase
 * @param satisfactionFloor replies below it are not imitated
 * @param validationFraction share of training pairs held back for early stopping
 * @param patience evaluations without improvement before the preference phase stops; 0 never stops
 * @param klBudget largest KL to the reference per token, nats; the phase stops when it is spent
 * @param seed of shuffling and of the validation split
 */
public record DpoConfig(
    String loss,
    double beta,
    double labelSmoothing,
    double rpoAlpha,
    double learningRate,
    int epochs,
    int pairsPerStep,
    int pairsPerMicroBatch,
    double maxGradNorm,
    double warmupFraction,
    String optimizer,
    int maxTokens,
    double replayFraction,
    int sftEpochs,
    double sftLearningRate,
    double satisfactionFloor,
    double validationFraction,
    int patience,
    double klBudget,
    long seed) {
  public DpoConfig {
    PreferenceLoss.named(loss, beta, labelSmoothing, rpoAlpha);
    requirePositive(learningRate, "learningRate");
    requirePositive(sftLearningRate, "sftLearningRate");
    requirePositive(maxGradNorm, "maxGradNorm");
    requirePositive(klBudget, "klBudget");
    if (epochs < 1 || pairsPerStep < 1 || pairsPerMicroBatch < 1 || maxTokens < 8) {
      throw new IllegalArgumentException(
          "epochs, pairsPerStep and pairsPerMicroBatch must be at least 1 and maxTokens at least 8,"
              + " got "
              + epochs
              + ", "
              + pairsPerStep
              + ", "
              + pairsPerMicroBatch
              + ", "
              + maxTokens);
    }
    if (sftEpochs < 0 || patience < 0 || !(replayFraction >= 0)) {
      throw new IllegalArgumentException(
          "sftEpochs, patience and replayFraction must not be negative, got "
              + sftEpochs
              + ", "
              + patience
              + ", "
              + replayFraction);
    }
    requireFraction(warmupFraction, "warmupFraction");
    requireFraction(validationFraction, "validationFraction");
    requireFraction(satisfactionFloor, "satisfactionFloor");
    if (!optimizer.equals("adamw") && !optimizer.equals("muon")) {
      throw new IllegalArgumentException("optimizer must be adamw or muon, got " + optimizer);
    }
  }

  /** Tuned on the starter; docs/experiments.md says how. */
  public static DpoConfig defaults() {
    return new DpoConfig(
        "sigmoid", 0.1, 0, 0.2, 1e-4, 3, 16, 16, 1, 0.1, "adamw", 512, 0.5, 1, 1e-4, 0.7, 0.1, 3,
        1.0, 0);
  }

  public PreferenceLoss preferenceLoss() {
    return PreferenceLoss.named(loss, beta, labelSmoothing, rpoAlpha);
  }

  private static void requirePositive(double value, String name) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " must be positive, got " + value);
    }
  }

  private static void requireFraction(double value, String name) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(name + " must be in [0, 1], got " + value);
    }
  }
}

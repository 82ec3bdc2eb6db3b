package dev.mneme.dpo.train;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How a run went, before against after, all on the training pairs unless said otherwise.
 *
 * @param steps optimizer steps of the preference phase
 * @param stoppedBecause why it ended
 * @param loss weighted mean loss after training
 * @param rewardAccuracy share of pairs with a positive reward margin
 * @param rewardMargin mean reward margin
 * @param lengthCorrelation Pearson correlation of the reward margin with the difference in reply
 *     length: near 1 means that it only learnt "longer"
 * @param lengthDrift as in {@link StepMetrics}, over all training pairs
 * @param validationAccuracyBefore share of validation pairs whose chosen reply is likelier per
 *     token, before training
 * @param validationAccuracyAfter the same after
 * @param kl estimate of KL to the reference per token
 * @param referenceHits reference log-probabilities that came from the cache
 * @param referenceComputed reference log-probabilities computed
 * @param pairsPerSecond mean rate of the preference phase
 */
public record TrainingSummary(
    int steps,
    String stoppedBecause,
    double loss,
    double rewardAccuracy,
    double rewardMargin,
    double lengthCorrelation,
    double lengthDrift,
    double validationAccuracyBefore,
    double validationAccuracyAfter,
    double kl,
    int referenceHits,
    int referenceComputed,
    double pairsPerSecond) {
  /** By name, for a cycle's record. */
  public Map<String, Double> figures() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("steps", (double) steps);
    figures.put("loss", loss);
    figures.put("rewards/accuracies", rewardAccuracy);
    figures.put("rewards/margins", rewardMargin);
    figures.put("length_correlation", lengthCorrelation);
    figures.put("length_drift", lengthDrift);
    figures.put("validation_accuracy_before", validationAccuracyBefore);
    figures.put("validation_accuracy_after", validationAccuracyAfter);
    figures.put("kl", kl);
    figures.put("reference_hits", (double) referenceHits);
    figures.put("reference_computed", (double) referenceComputed);
    figures.put("pairs_per_second", pairsPerSecond);
    return figures;
  }
}

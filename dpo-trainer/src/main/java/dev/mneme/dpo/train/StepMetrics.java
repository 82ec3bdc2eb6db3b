package dev.mneme.dpo.train;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One optimizer step, in TRL's names.
 *
 * @param phase {@code sft} or {@code dpo}
 * @param step from 1, within the phase
 * @param steps planned steps of the phase
 * @param loss weighted mean loss of the batch
 * @param rewardsChosen beta (log pi - log ref) of chosen replies, mean
 * @param rewardsRejected the same of rejected replies
 * @param rewardsAccuracies share of pairs with a positive margin
 * @param rewardsMargins chosen minus rejected reward, mean
 * @param logpsChosen log-probability sums of chosen replies, mean
 * @param logpsRejected log-probability sums of rejected replies, mean
 * @param gradNorm L2 norm of the gradient before clipping
 * @param learningRate in use at this step
 * @param kl estimate of the KL divergence from the reference per reply token, nats
 * @param lengthDrift how much longer, relatively, a reply of the batch is when its pair's two
 *     replies are weighed by policy over reference; 0 at the start, negative when shorter ones gain
 * @param maxVio largest overload of an expert relative to the mean, 0 for dense models
 * @param pairsPerSecond rate of this step
 */
public record StepMetrics(
    String phase,
    int step,
    int steps,
    double loss,
    @JsonProperty("rewards/chosen") double rewardsChosen,
    @JsonProperty("rewards/rejected") double rewardsRejected,
    @JsonProperty("rewards/accuracies") double rewardsAccuracies,
    @JsonProperty("rewards/margins") double rewardsMargins,
    @JsonProperty("logps/chosen") double logpsChosen,
    @JsonProperty("logps/rejected") double logpsRejected,
    @JsonProperty("grad_norm") double gradNorm,
    @JsonProperty("learning_rate") double learningRate,
    double kl,
    @JsonProperty("length_drift") double lengthDrift,
    @JsonProperty("max_vio") double maxVio,
    @JsonProperty("pairs_per_second") double pairsPerSecond) {}

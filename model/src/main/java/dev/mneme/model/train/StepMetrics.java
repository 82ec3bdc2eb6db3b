package dev.mneme.model.train;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@code metrics.jsonl}.
 *
 * @param step optimizer steps so far
 * @param tokens positions trained on so far
 * @param seconds wall-clock time so far, resumed parts included
 * @param progress from 0 to 1
 * @param loss mean loss per counted token of this step
 * @param learningRate of this step
 * @param gradNorm before clipping
 * @param tokensPerSecond over this step
 * @param maxViolation the busiest expert's load over the mean, less 1, at its worst layer
 * @param heldOutLoss mean loss per reply token of held-out examples, on the steps that compute it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StepMetrics(
    long step,
    long tokens,
    double seconds,
    double progress,
    double loss,
    @JsonProperty("learning_rate") double learningRate,
    @JsonProperty("grad_norm") double gradNorm,
    @JsonProperty("tokens_per_second") double tokensPerSecond,
    @JsonProperty("max_violation") double maxViolation,
    @JsonProperty("held_out_loss") @Nullable Double heldOutLoss) {

  /** Seconds left at this pace; 0 at the end. */
  public double secondsLeft() {
    return progress <= 0 ? 0 : seconds * (1 - progress) / progress;
  }
}

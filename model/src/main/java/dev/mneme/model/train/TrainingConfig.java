package dev.mneme.model.train;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a training run does.
 *
 * @param seed decides data order and weights
 * @param batchTokens positions of one step, at least; the last example of a batch may exceed it
 * @param maxTokens longest example; longer ones are left out and counted
 * @param learningRate the peak
 * @param schedule the rate over the run
 * @param maxSteps optimizer steps after which the run ends; 0 for no limit
 * @param maxWall wall-clock time after which the run ends, resumed parts included; null for no
 *     limit
 * @param clipNorm gradients are scaled to at most this norm
 * @param promptWeight what a token outside the replies counts in the first phase; 1 is plain
 *     language modelling
 * @param repliesOnlyFrom progress from which only replies count; 0 makes the whole run supervised
 * @param evaluateEvery steps between held-out losses; 0 for never
 * @param checkpointEvery steps between checkpoints; 0 for only one at the end
 * @param patience held-out losses without improvement after which the run ends early; 0 for never
 */
public record TrainingConfig(
    long seed,
    int batchTokens,
    int maxTokens,
    double learningRate,
    Schedule schedule,
    long maxSteps,
    @Nullable Duration maxWall,
    double clipNorm,
    double promptWeight,
    double repliesOnlyFrom,
    int evaluateEvery,
    int checkpointEvery,
    int patience) {
  public TrainingConfig {
    requireNonNull(schedule, "schedule is null");
    if (batchTokens < 1 || maxTokens < 2) {
      throw new IllegalArgumentException(
          "expected batchTokens >= 1 and maxTokens >= 2, got " + batchTokens + " and " + maxTokens);
    }
    if (!(learningRate > 0) || !(clipNorm > 0)) {
      throw new IllegalArgumentException(
          "expected a positive learning rate and clip norm, got "
              + learningRate
              + " and "
              + clipNorm);
    }
    if (maxSteps < 0 || (maxSteps == 0 && maxWall == null)) {
      throw new IllegalArgumentException("a run needs maxSteps or maxWall, or it never ends");
    }
    if (maxWall != null && !maxWall.isPositive()) {
      throw new IllegalArgumentException("maxWall must be positive, got " + maxWall);
    }
    if (!(promptWeight >= 0 && promptWeight <= 1)
        || !(repliesOnlyFrom >= 0 && repliesOnlyFrom <= 1)) {
      throw new IllegalArgumentException(
          "expected promptWeight and repliesOnlyFrom in [0, 1], got "
              + promptWeight
              + " and "
              + repliesOnlyFrom);
    }
    if (evaluateEvery < 0 || checkpointEvery < 0 || patience < 0) {
      throw new IllegalArgumentException(
          "expected evaluateEvery, checkpointEvery and patience of at least 0");
    }
  }
}

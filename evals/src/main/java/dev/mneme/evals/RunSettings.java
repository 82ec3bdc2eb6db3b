package dev.mneme.evals;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Sampling;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a task is run.
 *
 * @param sampling temperature, length and the like; its seed is the run's, from which every item
 *     and epoch gets its own
 * @param epochs how often each item is asked
 * @param firstN run only the first items; null for all
 * @param samples run only the items with these ids; empty for all
 * @param maxTokens stop submitting when the prompts and replies of this run have this many tokens;
 *     null for no limit
 * @param maxWall stop submitting after this time; null for no limit
 * @param parallelism how many items are under way at once
 * @param retries how often a retryable failure is tried again
 * @param backOff before the first retry; doubles each time
 */
public record RunSettings(
    Sampling sampling,
    int epochs,
    @Nullable Integer firstN,
    Set<String> samples,
    @Nullable Long maxTokens,
    @Nullable Duration maxWall,
    int parallelism,
    int retries,
    Duration backOff) {
  public RunSettings {
    requireNonNull(sampling, "sampling is null");
    requireNonNull(backOff, "backOff is null");
    samples = samples == null ? Set.of() : Set.copyOf(samples);
    if (epochs < 1) {
      throw new IllegalArgumentException("epochs must be at least 1, got " + epochs);
    }
    if (firstN != null && firstN < 1) {
      throw new IllegalArgumentException("first-n must be at least 1, got " + firstN);
    }
    if (maxTokens != null && maxTokens < 1) {
      throw new IllegalArgumentException("max-tokens must be at least 1, got " + maxTokens);
    }
    if (maxWall != null && !maxWall.isPositive()) {
      throw new IllegalArgumentException(
          "max-wall must be at least 1 second, got " + maxWall.toSeconds());
    }
    if (parallelism < 1) {
      throw new IllegalArgumentException("parallelism must be at least 1, got " + parallelism);
    }
    if (retries < 0) {
      throw new IllegalArgumentException("retries must not be negative, got " + retries);
    }
  }

  /** Greedy, once, sixteen items at a time, three retries. */
  public static RunSettings defaults() {
    return new RunSettings(
        Sampling.greedy(256), 1, null, Set.of(), null, null, 16, 3, Duration.ofSeconds(1));
  }

  public RunSettings withSampling(Sampling newSampling) {
    return new RunSettings(
        newSampling, epochs, firstN, samples, maxTokens, maxWall, parallelism, retries, backOff);
  }

  public RunSettings withEpochs(int newEpochs) {
    return new RunSettings(
        sampling, newEpochs, firstN, samples, maxTokens, maxWall, parallelism, retries, backOff);
  }
}

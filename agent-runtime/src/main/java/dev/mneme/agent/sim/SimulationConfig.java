package dev.mneme.agent.sim;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Sampling;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a scenario is run.
 *
 * @param cells how many copies of the scenario's people and agents
 * @param steps how many steps each takes
 * @param seed the root of everything random
 * @param evolveEvery run a cycle after every so many steps; 0 never
 * @param checkpointEvery meet at a barrier and write the log every so many steps
 * @param sampling how replies are drawn; its seed is not used
 * @param log the event log; an existing one of the same run is resumed
 * @param concurrency how many cells run at the same time
 * @param maxTokens stop at the first barrier after so many prompt and reply tokens; 0 for no bound
 * @param maxWall stop at the first barrier after so long; null for no bound
 */
public record SimulationConfig(
    int cells,
    int steps,
    long seed,
    int evolveEvery,
    int checkpointEvery,
    Sampling sampling,
    Path log,
    int concurrency,
    long maxTokens,
    @Nullable Duration maxWall) {
  public SimulationConfig {
    requireNonNull(sampling, "sampling is null");
    requireNonNull(log, "log is null");
    requirePositive("agents", cells);
    requirePositive("steps", steps);
    requirePositive("checkpoint-every", checkpointEvery);
    requirePositive("concurrency", concurrency);
    if (evolveEvery < 0) {
      throw new IllegalArgumentException("evolve-every must be 0 (never) or more: " + evolveEvery);
    }
    if (maxTokens < 0) {
      throw new IllegalArgumentException("max-tokens must be 0 (no bound) or more: " + maxTokens);
    }
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, got " + value);
    }
  }
}

package dev.mneme.agent.tool;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How much a tool may take.
 *
 * @param time how long one call may last
 * @param resultChars how many characters of a result the model gets; the rest is cut, visibly
 */
public record ToolLimits(Duration time, int resultChars) {
  public static final ToolLimits DEFAULT = new ToolLimits(Duration.ofSeconds(30), 16_000);

  public ToolLimits {
    requireNonNull(time, "time is null");
    if (time.isNegative() || time.isZero()) {
      throw new IllegalArgumentException("a tool needs a positive time limit, got " + time);
    }
    if (resultChars < 16) {
      throw new IllegalArgumentException(
          "a tool result needs at least 16 characters, got " + resultChars);
    }
  }
}

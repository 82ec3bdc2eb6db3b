package dev.mneme.evals;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Score;

/**
 * One score of one item. An item may have several of the same metric, for example one for each
 * turn; the mean is over all of them.
 *
 * @param metric what is measured
 * @param part which part of the item, for example {@code turn 2}; empty for the whole
 * @param score the value, or why there is none
 */
public record Measure(String metric, String part, Score score) {
  public Measure {
    requireNonNull(metric, "metric is null");
    requireNonNull(part, "part is null");
    requireNonNull(score, "score is null");
  }

  public static Measure scored(String metric, String part, double value, String why) {
    return new Measure(metric, part, new Score.Scored(value, why));
  }

  public static Measure unscored(String metric, String part, String reason) {
    return new Measure(metric, part, new Score.Unscored(reason));
  }
}

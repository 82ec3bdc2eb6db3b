package dev.mneme.evals;

import static java.util.Objects.requireNonNull;

/**
 * What a task's main figure is and between which ends it lies; higher is better.
 *
 * @param name as in {@link Measure#metric()}
 * @param lowest the worst possible value: what an unscored item would count if it counted
 * @param highest the best possible value
 */
public record Metric(String name, double lowest, double highest) {
  public Metric {
    requireNonNull(name, "name is null");
    if (!(lowest < highest)) {
      throw new IllegalArgumentException(
          "metric " + name + " needs lowest < highest, got " + lowest + " and " + highest);
    }
  }

  /** A share of correct answers, from 0 to 1. */
  public static Metric accuracy(String name) {
    return new Metric(name, 0, 1);
  }

  /** A grade from 1 to 10. */
  public static Metric grade(String name) {
    return new Metric(name, 1, 10);
  }
}

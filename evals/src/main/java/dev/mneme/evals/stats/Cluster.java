package dev.mneme.evals.stats;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * The values that one prompt gave.
 *
 * @param id the prompt
 * @param values one or more finite values
 */
public record Cluster(String id, List<Double> values) {
  public Cluster {
    requireNonNull(id, "id is null");
    values = List.copyOf(values);
    if (values.isEmpty()) {
      throw new IllegalArgumentException("cluster " + id + " has no values");
    }
    for (double each : values) {
      if (!Double.isFinite(each)) {
        throw new IllegalArgumentException("cluster " + id + " has the value " + each);
      }
    }
  }

  double sum() {
    double sum = 0;
    for (double each : values) {
      sum += each;
    }
    return sum;
  }
}

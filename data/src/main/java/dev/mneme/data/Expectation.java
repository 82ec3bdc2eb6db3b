package dev.mneme.data;

import static java.util.Objects.requireNonNull;

/**
 * What one assistant message of a {@link TrainingExample} must satisfy when a model writes it.
 *
 * <p>To score it, show the model the messages before {@code message} and check its reply. Several
 * expectations may name the same message under different measures.
 *
 * @param message index into {@link TrainingExample#messages()} of an assistant message
 * @param measure what the figure is called, for example {@code exact}, {@code parse}, {@code form}
 * @param check decides
 */
public record Expectation(int message, String measure, Check check) {
  public Expectation {
    if (message < 0) {
      throw new IllegalArgumentException("message index must not be negative, got " + message);
    }
    requireNonNull(measure, "measure is null");
    requireNonNull(check, "check is null");
  }
}

package dev.mneme.ltm;

import static java.util.Objects.requireNonNull;

/**
 * A value with its place in the store's sequence.
 *
 * @param sequence the change that brought it; strictly increasing over the life of the store
 * @param value what was stored
 */
public record Stored<T>(long sequence, T value) {
  public Stored {
    requireNonNull(value, "value is null");
  }
}

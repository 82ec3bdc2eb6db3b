package dev.mneme.preference.dialogue;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Signal;

/**
 * An implicit signal about one reply, with the words it rests on.
 *
 * @param reply position of the judged reply
 * @param kind what was seen
 * @param direction -1 (dissatisfied) to 1 (satisfied)
 * @param intensity 0 to 1
 * @param because what was seen, for people to read
 */
public record Sighting(
    int reply, Signal.Kind kind, double direction, double intensity, String because) {
  public Sighting {
    requireNonNull(kind, "kind is null");
    requireNonNull(because, "because is null");
  }
}

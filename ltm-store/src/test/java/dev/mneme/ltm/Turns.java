package dev.mneme.ltm;

import dev.mneme.data.Message;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.time.Duration;
import java.time.Instant;

/** Turns for tests. */
final class Turns {
  static final Instant NOON = Instant.parse("2026-03-04T12:00:00Z");
  static final Scope ANN = new Scope("acme", "ann", "helper", "monday");

  private Turns() {}

  static Turn user(Scope scope, int index, String text) {
    return new Turn(
        scope.session() + "-" + index,
        scope,
        index,
        "user",
        Message.user(text),
        NOON.plus(Duration.ofMinutes(index)),
        null,
        null);
  }

  static Turn assistant(Scope scope, int index, String text) {
    return new Turn(
        scope.session() + "-" + index,
        scope,
        index,
        "assistant",
        Message.assistant(text),
        NOON.plus(Duration.ofMinutes(index)),
        null,
        null);
  }
}

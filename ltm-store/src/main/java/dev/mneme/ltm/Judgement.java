package dev.mneme.ltm;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Scope;
import dev.mneme.data.Signal;

/**
 * A signal and whose it is.
 *
 * @param scope the conversation it was given in
 * @param signal what was given
 */
public record Judgement(Scope scope, Signal signal) {
  public Judgement {
    requireNonNull(scope, "scope is null");
    requireNonNull(signal, "signal is null");
  }
}

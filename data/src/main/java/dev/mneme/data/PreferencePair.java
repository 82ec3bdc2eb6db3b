package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;

/**
 * For this prompt, that reply was preferred to this one.
 *
 * @param id content hash of prompt, chosen and rejected, lower-case hex
 * @param scope whose preference (the session is where it was last expressed)
 * @param origin how the pair arose
 * @param prompt the conversation up to and including the user's request
 * @param chosen the better continuation, assistant messages
 * @param rejected the worse continuation, assistant messages
 * @param weight how much it counts
 * @param at when the preference was last expressed
 * @param evidence why we believe it
 */
public record PreferencePair(
    String id,
    Scope scope,
    Origin origin,
    List<Message> prompt,
    List<Message> chosen,
    List<Message> rejected,
    PairWeight weight,
    Instant at,
    List<Evidence> evidence) {
  public PreferencePair {
    requireNonNull(id, "id is null");
    requireNonNull(scope, "scope is null");
    requireNonNull(origin, "origin is null");
    requireNonNull(weight, "weight is null");
    requireNonNull(at, "at is null");
    prompt = List.copyOf(prompt);
    chosen = List.copyOf(chosen);
    rejected = List.copyOf(rejected);
    evidence = evidence == null ? List.of() : List.copyOf(evidence);
  }

  /** How a pair arose. */
  public enum Origin {
    RETRY,
    FIX,
    CHOICE,
    SATISFACTION_MARGIN,
    RERUN,
    IMPORTED
  }

  public PreferencePair withWeight(PairWeight newWeight) {
    return new PreferencePair(id, scope, origin, prompt, chosen, rejected, newWeight, at, evidence);
  }
}

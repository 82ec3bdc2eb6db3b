package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;

/**
 * One reply with how satisfied its reader was: material for weighted supervised training and KTO.
 *
 * @param id content hash of prompt and reply, lower-case hex
 * @param scope whose judgement
 * @param prompt the conversation up to and including the request
 * @param reply assistant messages
 * @param satisfaction 0 (none) to 1 (full)
 * @param confidence 0 to 1
 * @param weight how much it counts
 * @param at when it was judged
 * @param evidence why we believe it
 */
public record RatedReply(
    String id,
    Scope scope,
    List<Message> prompt,
    List<Message> reply,
    double satisfaction,
    double confidence,
    double weight,
    Instant at,
    List<Evidence> evidence) {
  public RatedReply {
    requireNonNull(id, "id is null");
    requireNonNull(scope, "scope is null");
    requireNonNull(at, "at is null");
    prompt = List.copyOf(prompt);
    reply = List.copyOf(reply);
    evidence = evidence == null ? List.of() : List.copyOf(evidence);
    if (!(satisfaction >= 0 && satisfaction <= 1)) {
      throw new IllegalArgumentException("satisfaction must be in [0, 1], got " + satisfaction);
    }
  }
}

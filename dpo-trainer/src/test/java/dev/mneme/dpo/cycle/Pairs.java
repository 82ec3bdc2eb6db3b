package dev.mneme.dpo.cycle;

import dev.mneme.data.Evidence;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Scope;
import java.time.Instant;
import java.util.List;

/** Pairs for tests. */
final class Pairs {
  private Pairs() {}

  static PreferencePair pair(String prompt, String chosen, String rejected, double weight) {
    return new PreferencePair(
        Hashes.sha256(prompt, chosen, rejected),
        new Scope("local", "ann", "mneme", "s1"),
        PreferencePair.Origin.RETRY,
        List.of(Message.user(prompt)),
        List.of(Message.assistant(chosen)),
        List.of(Message.assistant(rejected)),
        new PairWeight(1, 1, 1, 1, weight),
        Instant.parse("2026-03-01T10:00:00Z"),
        List.of(new Evidence("t-" + prompt, "retry", "asked again")));
  }
}

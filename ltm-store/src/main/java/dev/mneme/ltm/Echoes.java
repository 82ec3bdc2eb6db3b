package dev.mneme.ltm;

import dev.mneme.data.Provenance;
import dev.mneme.data.Role;
import dev.mneme.data.Turn;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Tells what a model or a tool says anew from what it repeats of recalled memories, so that recall
 * never feeds on itself. An echo is kept as conversation and is no memory.
 *
 * <p>Two ways to know: a reply's provenance names the memories its prompt carried; and the
 * sentences that were recalled lately are remembered by their hashes, which also covers tools.
 * People's turns are never echoes: when they repeat themselves, that is a fact about frequency.
 * Thread-safe.
 */
final class Echoes {
  private static final int KEPT = 20_000;

  /** An echo when at least this share of its text was recalled. */
  private static final double SHARE = 0.5;

  private final Map<Long, Boolean> recalled =
      new LinkedHashMap<>(1024, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) {
          return size() > KEPT;
        }
      };

  /** These memories are being shown to a model on behalf of an owner. */
  void recalled(Owner owner, List<Recalled> shown) {
    synchronized (recalled) {
      for (Recalled each : shown) {
        for (String sentence : sentences(each.text())) {
          recalled.put(key(owner, sentence), Boolean.TRUE);
        }
      }
    }
  }

  /** Forgets what was recalled. */
  void forget() {
    synchronized (recalled) {
      recalled.clear();
    }
  }

  boolean isEcho(Handle handle, Turn turn) {
    Role role = turn.message().role();
    String text = turn.message().content();
    if (role == Role.USER || role == Role.SYSTEM || text.isBlank()) {
      return false;
    }
    Owner owner = Owner.of(turn.scope());
    long print = SimHash.of(text);
    Provenance provenance = turn.provenance();
    if (provenance != null && !provenance.memoriesUsed().isEmpty()) {
      Optional<Integer> space = Ledger.space(handle, owner);
      if (space.isPresent()) {
        for (String id : provenance.memoriesUsed()) {
          Optional<TurnRow> used = Ledger.turn(handle, space.get(), id);
          if (used.isPresent()
              && (SimHash.near(print, used.get().simhash())
                  || covers(sentences(used.get().content()), text))) {
            return true;
          }
        }
      }
    }
    int repeated = 0;
    int all = 0;
    synchronized (recalled) {
      for (String sentence : sentences(text)) {
        all += sentence.length();
        if (recalled.containsKey(key(owner, sentence))) {
          repeated += sentence.length();
        }
      }
    }
    return all > 0 && repeated >= SHARE * all;
  }

  /** True when the sentences make up most of a text. */
  private static boolean covers(List<String> memory, String text) {
    int repeated = 0;
    int all = 0;
    for (String sentence : sentences(text)) {
      all += sentence.length();
      if (memory.contains(sentence)) {
        repeated += sentence.length();
      }
    }
    return all > 0 && repeated >= SHARE * all;
  }

  /** Sentences of some length, in plain letters. */
  private static List<String> sentences(String text) {
    return Arrays.stream(text.split("[.!?\\n]+"))
        .map(s -> s.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", " ").strip())
        .filter(s -> s.length() >= 12)
        .toList();
  }

  private static long key(Owner owner, String sentence) {
    long h = owner.hashCode();
    for (int i = 0; i < sentence.length(); i++) {
      h = h * 0x100000001b3L ^ sentence.charAt(i);
    }
    return h * 0x9e3779b97f4a7c15L;
  }
}

package dev.mneme.preference;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Hashes;
import dev.mneme.data.MemoryBlock;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * One conversation with what the person did about it.
 *
 * @param scope whose conversation
 * @param turns in order of {@link Turn#index()}
 * @param signals acts and earlier observations about its replies
 * @param memories the memories its replies were given, by id; empty where unknown
 */
public record Session(
    Scope scope, List<Turn> turns, List<Signal> signals, Map<String, MemoryBlock.Line> memories) {
  public Session {
    requireNonNull(scope, "scope is null");
    turns = turns.stream().sorted(Comparator.comparingInt(Turn::index)).toList();
    signals = List.copyOf(signals);
    memories = Map.copyOf(memories);
  }

  public Session(Scope scope, List<Turn> turns, List<Signal> signals) {
    this(scope, turns, signals, Map.of());
  }

  /** What was known at the time: later turns and signals left out. */
  public Session asOf(Instant time) {
    return new Session(
        scope,
        turns.stream().filter(turn -> !turn.at().isAfter(time)).toList(),
        signals.stream().filter(signal -> !signal.at().isAfter(time)).toList(),
        memories);
  }

  /**
   * Changes exactly when a turn, a signal or a memory its replies were given was added, changed or
   * taken away: what was erased must not live on in what was found.
   *
   * @param reader names who reads it: another reader finds other things in the same session
   */
  String fingerprint(String reader) {
    var parts = new java.util.ArrayList<String>();
    parts.add(reader);
    for (Turn each : turns) {
      parts.add(each.id());
      parts.add(each.message().content());
    }
    for (Signal each : signals) {
      parts.add(each.toString());
    }
    memories.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(each -> parts.add(each.getKey() + " " + each.getValue()));
    return Hashes.sha256(parts.toArray(String[]::new)).substring(0, 16);
  }
}

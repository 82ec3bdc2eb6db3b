package dev.mneme.cli.preferences;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.data.MemoryBlock;
import dev.mneme.data.Provenance;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.Owner;
import dev.mneme.ltm.Selection;
import dev.mneme.ltm.SessionSummary;
import dev.mneme.preference.History;
import dev.mneme.preference.Session;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The long-term memory as the extractor reads it: owner by owner, session by session, with the
 * signals and the memories each reply was given. Holds one owner's signals and one session at a
 * time. The memory stays open as long as the stream is used; forgotten turns are not there.
 */
public final class StoredHistory implements History {
  private final MemoryStore memory;
  private final Selection selection;
  private final Instant since;
  private final Consents consents;

  /** Asked several times a person and run, which should have one answer. */
  private final Map<Owner, Consent> known = new HashMap<>();

  /**
   * @param memory stays the caller's
   * @param selection whose history
   * @param since sessions whose last turn is older are left out; {@link Instant#MIN} for all
   */
  public StoredHistory(MemoryStore memory, Selection selection, Instant since) {
    this.memory = memory;
    this.selection = selection;
    this.since = since;
    this.consents = new Consents(memory);
  }

  @Override
  @MustBeClosed
  public Stream<Session> sessions() {
    return memory.owners(selection).stream()
        .sorted(
            Comparator.comparing(Owner::tenant)
                .thenComparing(Owner::user)
                .thenComparing(Owner::agent))
        .flatMap(this::sessions);
  }

  @Override
  public Consent consentOf(String tenant, String user) {
    return known.computeIfAbsent(new Owner(tenant, user, "*"), _ -> consents.of(tenant, user));
  }

  private Stream<Session> sessions(Owner owner) {
    Map<String, List<Signal>> signals = new HashMap<>();
    memory
        .signals(new Selection.One(owner), 0)
        .forEach(
            stored ->
                signals
                    .computeIfAbsent(stored.value().scope().session(), s -> new ArrayList<>())
                    .add(stored.value().signal()));
    return memory.sessions(owner).stream()
        .filter(each -> !each.lastAt().isBefore(since))
        .sorted(
            Comparator.comparing(SessionSummary::firstAt)
                .thenComparing(each -> each.scope().session()))
        .map(
            each ->
                session(
                    owner, each.scope(), signals.getOrDefault(each.scope().session(), List.of())));
  }

  private Session session(Owner owner, Scope scope, List<Signal> signals) {
    List<Turn> turns = memory.session(scope).turns();
    Map<String, MemoryBlock.Line> memories = new HashMap<>();
    for (Turn turn : turns) {
      Provenance provenance = turn.provenance();
      if (provenance == null) {
        continue;
      }
      for (String id : provenance.memoriesUsed()) {
        if (!memories.containsKey(id)) {
          memory.turn(owner, id).ifPresent(used -> memories.put(id, line(used)));
        }
      }
    }
    return new Session(scope, turns, signals, memories);
  }

  /** As it stood in the prompt, but for the number it was shown by, which no reply depends on. */
  private static MemoryBlock.Line line(Turn turn) {
    return new MemoryBlock.Line(
        Integer.toString(turn.index() + 1),
        LocalDate.ofInstant(turn.at(), ZoneOffset.UTC),
        turn.speaker(),
        turn.message().content());
  }
}

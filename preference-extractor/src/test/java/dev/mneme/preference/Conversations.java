package dev.mneme.preference;

import dev.mneme.data.MemoryBlock;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Provenance;
import dev.mneme.data.Sampling;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes a session turn by turn, a minute apart. */
final class Conversations {
  static final Instant START = Instant.parse("2026-03-01T09:00:00Z");

  private final Scope scope;
  private final List<Turn> turns = new ArrayList<>();
  private final List<Signal> signals = new ArrayList<>();
  private Map<String, MemoryBlock.Line> memories = Map.of();
  private @Nullable Provenance provenance;
  private Instant now;
  private @Nullable String request;

  Conversations(String user, String session) {
    this(user, session, START);
  }

  Conversations(String user, String session, Instant start) {
    this.scope = new Scope("home", user, "mneme", session);
    this.now = start;
  }

  Conversations user(String text) {
    request = add("user", Message.user(text), null, null);
    return this;
  }

  Conversations assistant(String text) {
    add("assistant", Message.assistant(text), request, provenance);
    return this;
  }

  Conversations tool(String text) {
    add("tool", Message.tool("call", text), null, null);
    return this;
  }

  /** About the last turn. */
  Conversations thumb(boolean up) {
    signals.add(new Signal.Thumb(last(), now, up, null));
    return this;
  }

  Conversations rating(int stars) {
    signals.add(new Signal.Rating(last(), now, stars));
    return this;
  }

  Conversations fix(String better) {
    signals.add(new Signal.Fix(last(), now, better));
    return this;
  }

  Conversations choose(int chosen, int over) {
    signals.add(new Signal.Choice(turns.get(chosen).id(), now, turns.get(over).id()));
    return this;
  }

  /** From here on replies are an agent's that recalls these; those in no map were erased since. */
  Conversations recalling(Map<String, MemoryBlock.Line> known, String... ids) {
    memories = known;
    provenance =
        new Provenance(
            new ModelRef("starter", "hash"), Sampling.greedy(8), List.of(ids), null, null);
    return this;
  }

  private String add(
      String speaker, Message message, @Nullable String replyTo, @Nullable Provenance provenance) {
    String id = scope.user() + "/" + scope.session() + "/" + turns.size();
    now = now.plus(Duration.ofMinutes(1));
    turns.add(new Turn(id, scope, turns.size(), speaker, message, now, replyTo, provenance));
    return id;
  }

  String last() {
    return turns.getLast().id();
  }

  List<Turn> turns() {
    return List.copyOf(turns);
  }

  Session session() {
    return new Session(scope, turns, signals, memories);
  }
}

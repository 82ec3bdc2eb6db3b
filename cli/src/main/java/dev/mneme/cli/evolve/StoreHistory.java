package dev.mneme.cli.evolve;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import dev.mneme.ltm.Judgement;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.Selection;
import dev.mneme.ltm.Stored;
import dev.mneme.preference.History;
import dev.mneme.preference.Session;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The extractor's history, read from the long-term memory: one user's sessions at a time.
 *
 * <p>Turns and signals come from the store owner by owner, so no more than one person's turns are in
 * memory together.
 */
public final class StoreHistory implements History {
  private final MemoryStore store;
  private final Selection selection;

  public StoreHistory(MemoryStore store, Selection selection) {
    this.store = store;
    this.selection = selection;
  }

  @Override
  @MustBeClosed
  public Stream<Session> sessions() {
    Stream<Stored<Turn>> turns = store.turns(selection, 0);
    Map<Scope, List<Signal>> signals = signals();
    Iterator<Stored<Turn>> each = turns.iterator();
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(
                new ByUser(each, signals), Spliterator.ORDERED | Spliterator.NONNULL),
            false)
        .onClose(turns::close);
  }

  /** Signals are few: one small record per act of feedback. */
  private Map<Scope, List<Signal>> signals() {
    Map<Scope, List<Signal>> byScope = new HashMap<>();
    try (Stream<Stored<Judgement>> all = store.signals(selection, 0)) {
      all.forEach(
          s ->
              byScope
                  .computeIfAbsent(s.value().scope(), scope -> new ArrayList<>())
                  .add(s.value().signal()));
    }
    return byScope;
  }

  /** Collects a user's turns until the next user's begin, then gives their sessions. */
  private static final class ByUser implements Iterator<Session> {
    private final Iterator<Stored<Turn>> turns;
    private final Map<Scope, List<Signal>> signals;
    private Iterator<Session> ready = List.<Session>of().iterator();
    private @Nullable Turn first;

    ByUser(Iterator<Stored<Turn>> turns, Map<Scope, List<Signal>> signals) {
      this.turns = turns;
      this.signals = signals;
    }

    @Override
    public boolean hasNext() {
      if (!ready.hasNext()) {
        ready = nextUser().iterator();
      }
      return ready.hasNext();
    }

    @Override
    public Session next() {
      if (!hasNext()) {
        throw new NoSuchElementException("no session left");
      }
      return ready.next();
    }

    private List<Session> nextUser() {
      Map<Scope, List<Turn>> sessions = new LinkedHashMap<>();
      if (first != null) {
        sessions.computeIfAbsent(first.scope(), s -> new ArrayList<>()).add(first);
      }
      Turn of = first;
      first = null;
      while (turns.hasNext()) {
        Turn turn = turns.next().value();
        if (of != null && !sameUser(of.scope(), turn.scope())) {
          first = turn;
          break;
        }
        of = turn;
        sessions.computeIfAbsent(turn.scope(), s -> new ArrayList<>()).add(turn);
      }
      List<Session> result = new ArrayList<>();
      sessions.forEach(
          (scope, said) ->
              result.add(new Session(scope, said, signals.getOrDefault(scope, List.of()))));
      return result;
    }

    private static boolean sameUser(Scope a, Scope b) {
      return a.tenant().equals(b.tenant()) && a.user().equals(b.user());
    }
  }
}

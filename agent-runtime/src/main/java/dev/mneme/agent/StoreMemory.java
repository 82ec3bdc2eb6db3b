package dev.mneme.agent;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Role;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import dev.mneme.ltm.MemoryQuery;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.MemoryStoreException;
import dev.mneme.ltm.Owner;
import dev.mneme.ltm.Recalled;
import dev.mneme.ltm.SessionSummary;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * {@link AgentMemory} over the long-term memory store.
 *
 * <p>Only what people and agents said is recalled, never tool results: those were true when the
 * tool ran. Thread-safe; closing it leaves the store open, which belongs to whoever opened it.
 */
public final class StoreMemory implements AgentMemory {
  private final MemoryStore store;

  public StoreMemory(MemoryStore store) {
    this.store = requireNonNull(store, "store is null");
  }

  @Override
  public List<RecalledMemory> recall(Scope scope, String query, int limit) {
    if (query.isBlank()) {
      return List.of();
    }
    return guarded(
        () ->
            store.recall(MemoryQuery.of(scope, query, limit)).stream()
                .filter(hit -> hit.role() == Role.USER || hit.role() == Role.ASSISTANT)
                .map(StoreMemory::memory)
                .toList());
  }

  private static RecalledMemory memory(Recalled hit) {
    String why =
        hit.breakdown().entrySet().stream()
            .map(e -> String.format(Locale.ROOT, "%s %.3f", e.getKey(), e.getValue()))
            .collect(Collectors.joining(", "));
    return new RecalledMemory(
        Long.toString(hit.sequence()),
        hit.at(),
        hit.speaker(),
        hit.text(),
        hit.score(),
        why,
        hit.id());
  }

  @Override
  public void log(Turn turn) {
    guarded(() -> store.remember(turn));
  }

  @Override
  public List<Turn> recentTurns(Scope scope, int limit) {
    return guarded(
        () -> {
          List<Turn> turns = store.session(scope).turns();
          return turns.subList(Math.max(0, turns.size() - limit), turns.size());
        });
  }

  @Override
  public List<Turn> turns(Scope scope, List<String> ids) {
    Owner owner = Owner.of(scope);
    return guarded(() -> ids.stream().flatMap(id -> store.turn(owner, id).stream()).toList());
  }

  @Override
  public void record(Scope scope, Signal signal) {
    guarded(() -> store.recordSignal(scope, signal));
  }

  @Override
  public List<SessionInfo> sessions(Scope scope) {
    return guarded(() -> store.sessions(Owner.of(scope)).stream().map(StoreMemory::info).toList());
  }

  private static SessionInfo info(SessionSummary summary) {
    return new SessionInfo(
        summary.scope().session(),
        summary.firstAt(),
        summary.lastAt(),
        summary.turns(),
        SessionInfo.titleOf(summary.opening()));
  }

  @Override
  public void forget(Scope scope, List<String> turnIds) {
    guarded(
        () -> {
          Owner owner = Owner.of(scope);
          // A turn that could not be logged yet is not there to be forgotten.
          List<String> known =
              turnIds.stream().filter(id -> store.turn(owner, id).isPresent()).toList();
          return known.isEmpty() ? 0 : store.forget(owner, known, "taken back");
        });
  }

  @Override
  public void close() {}

  private static <T> T guarded(Supplier<T> work) {
    try {
      return work.get();
    } catch (MemoryStoreException e) {
      throw new AgentMemoryException(String.valueOf(e.getMessage()), e);
    } catch (IllegalArgumentException e) {
      throw new AgentMemoryException.Refused(String.valueOf(e.getMessage()), e);
    }
  }
}

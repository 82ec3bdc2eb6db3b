package dev.mneme.agent.sim;

import dev.mneme.agent.AgentMemory;
import dev.mneme.agent.InMemoryAgentMemory;
import dev.mneme.agent.RecalledMemory;
import dev.mneme.agent.SessionInfo;
import dev.mneme.agent.sim.Scenario.MemoryScope;
import dev.mneme.data.Role;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What one agent of a cell may recall: nothing, its own, or its own and what others shared. What
 * others share becomes visible at barriers only, so the order of threads cannot matter.
 */
final class CellMemory implements AgentMemory {
  private final InMemoryAgentMemory own;
  private final MemoryScope reach;
  private final CollectiveMemory collective;
  private final Supplier<Wishes> newWishes;
  private final Map<String, Wishes> wishes = new HashMap<>();
  private final int cell;
  private final InstantSource clock;

  CellMemory(
      InMemoryAgentMemory own,
      MemoryScope reach,
      CollectiveMemory collective,
      Supplier<Wishes> newWishes,
      int cell,
      InstantSource clock) {
    this.own = own;
    this.reach = reach;
    this.collective = collective;
    this.newWishes = newWishes;
    this.cell = cell;
    this.clock = clock;
  }

  /** What the scope's person asked for in general; nothing for an agent without a memory. */
  List<String> standing(Scope scope) {
    Wishes heard = wishes.get(scope.user());
    return heard == null ? List.of() : heard.standing(scope.session(), clock.instant());
  }

  @Override
  public List<RecalledMemory> recall(Scope scope, String query, int limit) {
    return switch (reach) {
      case NONE -> List.of();
      case OWN -> own.recall(scope, query, limit);
      case SHARED -> {
        List<RecalledMemory> both = new ArrayList<>(own.recall(scope, query, limit));
        both.addAll(collective.recall(query, limit, cell));
        // A person's own words come before a stranger's that fit as well.
        both.sort(Comparator.comparingDouble(RecalledMemory::score).reversed());
        yield List.copyOf(both.subList(0, Math.min(limit, both.size())));
      }
    };
  }

  @Override
  public void log(Turn turn) {
    own.log(turn);
    if (reach != MemoryScope.NONE && turn.message().role() == Role.USER) {
      wishes.computeIfAbsent(turn.scope().user(), user -> newWishes.get()).heard(turn);
    }
  }

  @Override
  public List<Turn> recentTurns(Scope scope, int limit) {
    return own.recentTurns(scope, limit);
  }

  @Override
  public List<Turn> turns(Scope scope, List<String> ids) {
    return own.turns(scope, ids);
  }

  @Override
  public void record(Scope scope, Signal signal) {
    own.record(scope, signal);
  }

  @Override
  public List<SessionInfo> sessions(Scope scope) {
    return own.sessions(scope);
  }

  @Override
  public void forget(Scope scope, List<String> turnIds) {
    own.forget(scope, turnIds);
  }

  @Override
  public void close() {}
}

package dev.mneme.agent.sim;

import dev.mneme.agent.AgentMemory;
import dev.mneme.agent.InMemoryAgentMemory;
import dev.mneme.agent.RecalledMemory;
import dev.mneme.agent.SessionInfo;
import dev.mneme.agent.sim.Scenario.MemoryScope;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What one agent of a cell may recall: nothing, its own, or its own and what others shared. What
 * others share becomes visible at barriers only, so the order of threads cannot matter.
 */
final class CellMemory implements AgentMemory {
  private final InMemoryAgentMemory own;
  private final MemoryScope reach;
  private final CollectiveMemory collective;
  private final int cell;

  CellMemory(InMemoryAgentMemory own, MemoryScope reach, CollectiveMemory collective, int cell) {
    this.own = own;
    this.reach = reach;
    this.collective = collective;
    this.cell = cell;
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
  }

  @Override
  public List<Turn> recentTurns(Scope scope, int limit) {
    return own.recentTurns(scope, limit);
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

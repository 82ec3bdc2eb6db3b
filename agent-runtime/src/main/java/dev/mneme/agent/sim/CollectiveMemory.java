package dev.mneme.agent.sim;

import dev.mneme.agent.InMemoryAgentMemory;
import dev.mneme.agent.RecalledMemory;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What people chose to share with everybody. Written at barriers only, read by all cells between
 * them.
 */
final class CollectiveMemory {
  private static final Scope SCOPE = new Scope("simulation", "everybody", "all", "shared");

  /**
   * Something shared.
   *
   * @param turn how it was said
   * @param secrets what its owner did not share; must not stand in it
   */
  record Shared(Turn turn, int cell, List<String> secrets) {}

  private final InMemoryAgentMemory entries = new InMemoryAgentMemory();
  private final Map<String, Shared> byTurn = new HashMap<>();

  void publish(Shared shared) {
    Turn turn = shared.turn();
    entries.log(
        new Turn(
            turn.id(),
            SCOPE,
            byTurn.size(),
            turn.speaker(),
            turn.message(),
            turn.at(),
            null,
            null));
    byTurn.put(turn.id(), shared);
  }

  List<RecalledMemory> recall(String query, int limit, int asking) {
    return entries.recall(SCOPE, query, limit).stream()
        .filter(
            each -> {
              Shared shared = of(each);
              return shared == null || shared.cell() != asking;
            })
        .map(
            each ->
                new RecalledMemory(
                    "s" + each.id(),
                    each.at(),
                    each.speaker(),
                    each.text(),
                    each.score() - 0.5,
                    "shared, " + each.why(),
                    each.turnId()))
        .toList();
  }

  /** Where a recalled memory came from; null for one that was not shared. */
  @Nullable Shared of(RecalledMemory memory) {
    return memory.turnId() == null ? null : byTurn.get(memory.turnId());
  }

  /** How many secrets of its owner a shared memory holds. */
  static int leaks(Shared shared) {
    String text = shared.turn().message().content().toLowerCase(Locale.ROOT);
    return (int)
        shared.secrets().stream()
            .filter(each -> text.contains(each.toLowerCase(Locale.ROOT)))
            .count();
  }
}

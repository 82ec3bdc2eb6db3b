package dev.mneme.agent.sim;

import dev.mneme.agent.InMemoryAgentMemory;
import dev.mneme.agent.RecalledMemory;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.util.ArrayList;
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
  private final Map<String, List<Shared>> byText = new HashMap<>();

  void publish(Shared shared) {
    Turn turn = shared.turn();
    List<Shared> said = byText.computeIfAbsent(turn.message().content(), t -> new ArrayList<>());
    if (said.isEmpty()) {
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
    }
    said.add(shared);
    byTurn.put(turn.id(), shared);
  }

  /**
   * What others shared, each thing once however many of them said it: the same line four times
   * would leave no room for a second one.
   */
  List<RecalledMemory> recall(String query, int limit, int asking) {
    List<RecalledMemory> found = new ArrayList<>();
    for (RecalledMemory each : entries.recall(SCOPE, query, Integer.MAX_VALUE)) {
      Shared other =
          byText.getOrDefault(each.text(), List.of()).stream()
              .filter(shared -> shared.cell() != asking)
              .findFirst()
              .orElse(null);
      if (other != null && found.size() < limit) {
        Turn turn = other.turn();
        found.add(
            new RecalledMemory(
                "s" + each.id(),
                turn.at(),
                turn.speaker(),
                each.text(),
                each.score() - 0.5,
                "shared, " + each.why(),
                turn.id()));
      }
    }
    return List.copyOf(found);
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

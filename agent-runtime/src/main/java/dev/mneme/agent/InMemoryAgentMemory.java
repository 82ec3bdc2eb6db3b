package dev.mneme.agent;

import dev.mneme.data.Role;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A memory that lives as long as the process: for chats nobody wants kept ({@code --ephemeral}),
 * for simulations without a store, and for tests. Recalls the turns of the same user and agent that
 * share the most words with the query; who only asked says less than who told, so a question counts
 * half. Thread-safe.
 */
public final class InMemoryAgentMemory implements AgentMemory {
  private static final Pattern WORDS = Pattern.compile("[\\p{L}\\p{N}]+");
  private static final int SHORTEST_WORD = 3;

  /** A signal as it was recorded. */
  public record Recorded(Scope scope, Signal signal) {}

  private record Owner(String tenant, String user, String agent) {
    static Owner of(Scope scope) {
      return new Owner(scope.tenant(), scope.user(), scope.agent());
    }
  }

  private final Map<Owner, List<Turn>> turns = new LinkedHashMap<>();
  private final Map<String, Integer> labels = new HashMap<>();
  private final List<Recorded> signals = new ArrayList<>();

  @Override
  public synchronized List<RecalledMemory> recall(Scope scope, String query, int limit) {
    Set<String> asked = words(query);
    List<RecalledMemory> found = new ArrayList<>();
    for (Turn each : turns.getOrDefault(Owner.of(scope), List.of())) {
      if (each.message().role() == Role.TOOL || each.message().content().isBlank()) {
        continue;
      }
      Set<String> shared = words(each.message().content());
      shared.retainAll(asked);
      if (!shared.isEmpty()) {
        found.add(
            new RecalledMemory(
                String.valueOf(labels.get(each.id())),
                each.at(),
                each.speaker(),
                each.message().content(),
                each.message().content().strip().endsWith("?")
                    ? shared.size() / 2.0
                    : shared.size(),
                "shares " + String.join(", ", shared.stream().sorted().toList()),
                each.id()));
      }
    }
    found.sort(
        Comparator.comparingDouble(RecalledMemory::score)
            .thenComparing(RecalledMemory::at)
            .reversed());
    return List.copyOf(found.subList(0, Math.min(limit, found.size())));
  }

  @Override
  public synchronized void log(Turn turn) {
    labels.put(turn.id(), labels.size() + 1);
    turns.computeIfAbsent(Owner.of(turn.scope()), owner -> new ArrayList<>()).add(turn);
  }

  @Override
  public synchronized List<Turn> recentTurns(Scope scope, int limit) {
    List<Turn> all =
        turns.getOrDefault(Owner.of(scope), List.of()).stream()
            .filter(each -> each.scope().session().equals(scope.session()))
            .sorted(Comparator.comparingInt(Turn::index))
            .toList();
    return all.subList(Math.max(0, all.size() - limit), all.size());
  }

  @Override
  public synchronized List<Turn> turns(Scope scope, List<String> ids) {
    List<Turn> mine = turns.getOrDefault(Owner.of(scope), List.of());
    return ids.stream()
        .flatMap(id -> mine.stream().filter(each -> each.id().equals(id)).limit(1))
        .toList();
  }

  @Override
  public synchronized void record(Scope scope, Signal signal) {
    signals.add(new Recorded(scope, signal));
  }

  /** Every signal so far, in order. */
  public synchronized List<Recorded> signals() {
    return List.copyOf(signals);
  }

  @Override
  public synchronized List<SessionInfo> sessions(Scope scope) {
    Map<String, List<Turn>> bySession = new LinkedHashMap<>();
    for (Turn each : turns.getOrDefault(Owner.of(scope), List.of())) {
      bySession.computeIfAbsent(each.scope().session(), id -> new ArrayList<>()).add(each);
    }
    List<SessionInfo> infos = new ArrayList<>();
    bySession.forEach(
        (id, all) ->
            infos.add(
                new SessionInfo(
                    id,
                    all.getFirst().at(),
                    all.getLast().at(),
                    all.size(),
                    SessionInfo.titleOf(all.getFirst().message().content()))));
    infos.sort(Comparator.comparing(SessionInfo::lastAt).reversed());
    return infos;
  }

  @Override
  public synchronized void forget(Scope scope, List<String> turnIds) {
    Set<String> gone = Set.copyOf(turnIds);
    turns
        .getOrDefault(Owner.of(scope), new ArrayList<>())
        .removeIf(each -> gone.contains(each.id()));
  }

  @Override
  public void close() {}

  private static Set<String> words(String text) {
    Set<String> words = new HashSet<>();
    WORDS
        .matcher(text.toLowerCase(Locale.ROOT))
        .results()
        .map(match -> match.group())
        .filter(word -> word.length() >= SHORTEST_WORD)
        .forEach(words::add);
    return words;
  }
}

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
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A memory that lives as long as the process: for chats nobody wants kept ({@code --ephemeral}),
 * for simulations without a store, and for tests. Thread-safe.
 *
 * <p>Recalls the turns of the same user and agent that share words with the query, rare words
 * counting more: who greets every day says nothing by it. What was asked before shares most words
 * and answers nothing, and what the agent answered then may be wrong; so what a person told counts
 * ten times as much as either, and the same words, or the same question, come once, as last said.
 */
public final class InMemoryAgentMemory implements AgentMemory {
  private static final Pattern WORDS = Pattern.compile("[\\p{L}\\p{N}]+");
  private static final Pattern QUESTIONS = Pattern.compile("[^.!?]*\\?");
  private static final int SHORTEST_WORD = 3;
  private static final double BESIDE = 0.1;
  private static final Comparator<RecalledMemory> BEST_FIRST =
      Comparator.comparingDouble(RecalledMemory::score)
          .thenComparing(RecalledMemory::at)
          .reversed();

  /** A signal as it was recorded. */
  public record Recorded(Scope scope, Signal signal) {}

  private record Owner(String tenant, String user, String agent) {
    static Owner of(Scope scope) {
      return new Owner(scope.tenant(), scope.user(), scope.agent());
    }
  }

  /**
   * What a turn says of what a query wants.
   *
   * @param tells what a person's turn is without its questions
   * @param told wanted words in that
   * @param beside wanted words that are only in the rest
   */
  private record Said(Turn turn, String tells, Set<String> told, Set<String> beside) {
    static Said of(Turn turn, Set<String> wanted) {
      String text = turn.message().content();
      String tells =
          turn.message().role() == Role.ASSISTANT
              ? ""
              : QUESTIONS.matcher(text).replaceAll("").strip();
      Set<String> told = words(tells);
      told.retainAll(wanted);
      Set<String> beside = words(text);
      beside.retainAll(wanted);
      beside.removeAll(told);
      return new Said(turn, tells, told, beside);
    }
  }

  private final Map<Owner, List<Turn>> turns = new LinkedHashMap<>();
  private final Map<String, Integer> labels = new HashMap<>();
  private final List<Recorded> signals = new ArrayList<>();

  @Override
  public synchronized List<RecalledMemory> recall(Scope scope, String query, int limit) {
    Set<String> wanted = words(query);
    List<Said> all =
        turns.getOrDefault(Owner.of(scope), List.of()).stream()
            .filter(each -> each.message().role() != Role.TOOL)
            .map(each -> Said.of(each, wanted))
            .toList();
    Map<String, Double> weights = weights(wanted, all);
    Set<List<Object>> known = new HashSet<>();
    return all.stream()
        .filter(each -> !each.told().isEmpty() || !each.beside().isEmpty())
        .map(each -> Map.entry(each, recalled(each, weights)))
        .sorted(Map.Entry.comparingByValue(BEST_FIRST))
        .filter(each -> known.add(List.of(each.getKey().tells(), each.getKey().beside())))
        .limit(limit)
        .map(Map.Entry::getValue)
        .toList();
  }

  /** From 1 for a word that one turn tells, or none, to nearly 0 for one that every turn tells. */
  private static Map<String, Double> weights(Set<String> wanted, List<Said> all) {
    long telling = all.stream().filter(each -> !each.tells().isEmpty()).count();
    Map<String, Double> weights = new HashMap<>();
    for (String word : wanted) {
      long tell = all.stream().filter(each -> each.told().contains(word)).count();
      weights.put(word, tell <= 1 ? 1 : Math.log((1.0 + telling) / tell) / Math.log1p(telling));
    }
    return weights;
  }

  private RecalledMemory recalled(Said said, Map<String, Double> weights) {
    Turn turn = said.turn();
    Set<String> shared = new TreeSet<>(said.told());
    shared.addAll(said.beside());
    return new RecalledMemory(
        String.valueOf(labels.get(turn.id())),
        turn.at(),
        turn.speaker(),
        turn.message().content(),
        sum(said.told(), weights) + BESIDE * sum(said.beside(), weights),
        "shares " + String.join(", ", shared),
        turn.id());
  }

  private static double sum(Set<String> words, Map<String, Double> weights) {
    return words.stream().mapToDouble(word -> weights.getOrDefault(word, 0.0)).sum();
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
    Set<String> words = new TreeSet<>();
    WORDS
        .matcher(text.toLowerCase(Locale.ROOT))
        .results()
        .map(match -> match.group())
        .filter(word -> word.length() >= SHORTEST_WORD)
        .forEach(words::add);
    return words;
  }
}

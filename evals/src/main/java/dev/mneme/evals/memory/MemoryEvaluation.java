package dev.mneme.evals.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** Runs a dataset against a memory. */
public final class MemoryEvaluation {
  private static final int[] CUTS = {1, 5, 10, 25, 50};
  private static final int DEPTH = 50;

  private final LongSupplier nanos;

  /**
   * @param nanos a clock that only moves forward, for latencies
   */
  public MemoryEvaluation(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /**
   * What was measured. Group names are {@code all}, each category, and for LoCoMo also {@code 1-4}.
   *
   * @param dataset which questions
   * @param questions how many were asked
   * @param unusable how many were left out
   * @param turn by group, then by measure; a measure is the mean over the group's questions
   * @param session the same for sessions
   * @param latencyMillis {@code p50}, {@code p99} and {@code mean} of a recall of 50 turns
   */
  public record Result(
      String dataset,
      int questions,
      int unusable,
      Map<String, Map<String, Double>> turn,
      Map<String, Map<String, Double>> session,
      Map<String, Double> latencyMillis) {}

  /** Remembers everything, then asks everything. */
  public Result run(MemoryDataset dataset, MemoryUnderTest memory) {
    for (MemoryDataset.Conversation each : dataset.conversations()) {
      memory.remember(each.turns());
    }
    // The first questions pay for class loading, not for searching.
    MemoryDataset.Conversation first = dataset.conversations().getFirst();
    for (MemoryDataset.Question each :
        first.questions().subList(0, Math.min(50, first.questions().size()))) {
      memory.turns(first.scope(), each.text(), each.asked(), DEPTH);
    }
    var turns = new Tally();
    var sessions = new Tally();
    List<Long> times = new ArrayList<>();
    int asked = 0;
    for (MemoryDataset.Conversation conversation : dataset.conversations()) {
      for (MemoryDataset.Question question : conversation.questions()) {
        asked++;
        long start = nanos.getAsLong();
        List<String> ranked =
            memory.turns(conversation.scope(), question.text(), question.asked(), DEPTH);
        times.add(nanos.getAsLong() - start);
        if (!question.turns().isEmpty()) {
          turns.add(question.category(), ranked, question.turns());
        }
        if (!question.sessions().isEmpty()) {
          sessions.add(
              question.category(),
              memory.sessions(conversation.scope(), question.text(), question.asked(), DEPTH),
              question.sessions());
        }
      }
    }
    return new Result(
        dataset.name(), asked, dataset.unusable(), turns.means(), sessions.means(), latency(times));
  }

  private static Map<String, Double> latency(List<Long> nanos) {
    long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    Map<String, Double> found = new LinkedHashMap<>();
    if (sorted.length > 0) {
      found.put("p50", millis(sorted[sorted.length / 2]));
      found.put(
          "p99", millis(sorted[(int) Math.min(sorted.length - 1L, sorted.length * 99L / 100)]));
      found.put("mean", millis(Arrays.stream(sorted).sum()) / sorted.length);
    }
    return found;
  }

  private static double millis(long nanos) {
    return nanos / 1e6;
  }

  /** Sums by group and measure. */
  private static final class Tally {
    private final Map<String, Map<String, Double>> sums = new TreeMap<>();
    private final Map<String, Integer> counts = new TreeMap<>();

    void add(String category, List<String> ranked, Set<String> relevant) {
      Map<String, Double> measures = new LinkedHashMap<>();
      for (int k : CUTS) {
        measures.put("recall@" + k, RankMetrics.recall(ranked, relevant, k));
      }
      for (int k : CUTS) {
        measures.put("any@" + k, RankMetrics.any(ranked, relevant, k));
      }
      for (int k : CUTS) {
        measures.put("all@" + k, RankMetrics.all(ranked, relevant, k));
      }
      measures.put("mrr", RankMetrics.reciprocalRank(ranked, relevant));
      measures.put("ndcg@5", RankMetrics.ndcg(ranked, relevant, 5));
      measures.put("ndcg@10", RankMetrics.ndcg(ranked, relevant, 10));
      List<String> groups = new ArrayList<>(List.of("all", category));
      if (Set.of("1", "2", "3", "4").contains(category)) {
        groups.add("1-4");
      }
      for (String group : groups) {
        counts.merge(group, 1, Integer::sum);
        Map<String, Double> into = sums.computeIfAbsent(group, g -> new LinkedHashMap<>());
        measures.forEach((name, value) -> into.merge(name, value, Double::sum));
      }
    }

    Map<String, Map<String, Double>> means() {
      Map<String, Map<String, Double>> means = new LinkedHashMap<>();
      List<String> order = new ArrayList<>(sums.keySet());
      order.remove("all");
      if (!sums.isEmpty()) {
        order.addFirst("all");
      }
      for (String group : order) {
        Map<String, Double> mean = new LinkedHashMap<>();
        double n = counts.getOrDefault(group, 0);
        mean.put("n", n);
        sums.getOrDefault(group, Map.of()).forEach((name, sum) -> mean.put(name, sum / n));
        means.put(group, mean);
      }
      return means;
    }
  }
}

package dev.mneme.evals.memory;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Measures of one ranking against the set of what is relevant, all in [0, 1]. */
public final class RankMetrics {
  private RankMetrics() {}

  /** The share of the relevant that is among the first k. */
  public static double recall(List<String> ranked, Set<String> relevant, int k) {
    return (double) found(ranked, relevant, k) / relevant.size();
  }

  /** 1 when any relevant one is among the first k. */
  public static double any(List<String> ranked, Set<String> relevant, int k) {
    return found(ranked, relevant, k) > 0 ? 1 : 0;
  }

  /** 1 when all relevant ones are among the first k. */
  public static double all(List<String> ranked, Set<String> relevant, int k) {
    return found(ranked, relevant, k) == relevant.size() ? 1 : 0;
  }

  /** One over the rank of the first relevant one; 0 when there is none. */
  public static double reciprocalRank(List<String> ranked, Set<String> relevant) {
    for (int i = 0; i < ranked.size(); i++) {
      if (relevant.contains(ranked.get(i))) {
        return 1.0 / (i + 1);
      }
    }
    return 0;
  }

  /**
   * Normalized discounted cumulative gain with gains of 0 and 1 (Järvelin and Kekäläinen,
   * "Cumulated gain-based evaluation of IR techniques", 2002).
   */
  public static double ndcg(List<String> ranked, Set<String> relevant, int k) {
    double gain = 0;
    for (int i = 0; i < Math.min(k, ranked.size()); i++) {
      if (relevant.contains(ranked.get(i))) {
        gain += discount(i);
      }
    }
    double ideal = 0;
    for (int i = 0; i < Math.min(k, relevant.size()); i++) {
      ideal += discount(i);
    }
    return gain / ideal;
  }

  private static double discount(int rank) {
    return Math.log(2) / Math.log(rank + 2.0);
  }

  private static int found(List<String> ranked, Set<String> relevant, int k) {
    if (relevant.isEmpty()) {
      throw new IllegalArgumentException("a question without evidence cannot be scored");
    }
    var seen = new HashSet<>(ranked.subList(0, Math.min(k, ranked.size())));
    seen.retainAll(relevant);
    return seen.size();
  }
}

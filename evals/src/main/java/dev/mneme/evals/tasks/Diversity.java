package dev.mneme.evals.tasks;

import dev.mneme.evals.EvalRecord;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.Solution;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How much the samples of one prompt differ, read off a run with several epochs. A model with one
 * voice cannot learn a preference.
 *
 * @param prompts how many prompts had two samples or more
 * @param differing the share of them whose samples are not all the same
 * @param distinct2 different word pairs over all word pairs of a prompt's samples, averaged over
 *     the prompts (Li et al., arXiv 1510.03055); 1 is all different
 */
public record Diversity(int prompts, double differing, double distinct2) {
  /** Of the first replies of each item. */
  public static Diversity of(EvalRun run) {
    Map<String, List<String>> samples = new LinkedHashMap<>();
    for (EvalRecord each : run.records()) {
      Solution solution = each.solution();
      if (solution != null && !solution.text(0).isBlank()) {
        samples.computeIfAbsent(each.item(), _ -> new ArrayList<>()).add(solution.text(0));
      }
    }
    samples.values().removeIf(each -> each.size() < 2);
    double differing =
        samples.values().stream()
            .mapToDouble(each -> new HashSet<>(each).size() > 1 ? 1 : 0)
            .average()
            .orElse(0);
    double distinct =
        samples.values().stream().mapToDouble(Diversity::distinct2).average().orElse(0);
    return new Diversity(samples.size(), differing, distinct);
  }

  private static double distinct2(List<String> texts) {
    var different = new HashSet<List<String>>();
    int all = 0;
    for (String text : texts) {
      List<String> words = List.of(text.strip().toLowerCase(Locale.ROOT).split("\\s+"));
      for (int i = 0; i + 2 <= words.size(); i++) {
        different.add(words.subList(i, i + 2));
        all++;
      }
    }
    return all == 0 ? 0 : (double) different.size() / all;
  }
}

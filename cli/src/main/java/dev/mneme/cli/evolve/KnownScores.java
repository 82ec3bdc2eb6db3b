package dev.mneme.cli.evolve;

import dev.mneme.agent.ChatModel;
import dev.mneme.data.TrainingExample;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The greedy scores of one model, by check: a cycle may judge a second step against the same active
 * checkpoint, which need not answer the same items again. Another model's weights take the place of
 * the first's, so it never holds more than one model's. Confined to one thread.
 */
final class KnownScores {
  private final Map<String, List<Double>> byCheck = new HashMap<>();
  private String sha256 = "";

  /**
   * @param check names the items: the same name always goes with the same ones
   */
  List<Double> of(ChatModel model, String check, List<TrainingExample> items) {
    String weights = model.ref().sha256();
    if (!weights.equals(sha256)) {
      byCheck.clear();
      sha256 = weights;
    }
    return byCheck.computeIfAbsent(check, _ -> Greedy.scores(model, items));
  }
}

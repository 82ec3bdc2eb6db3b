package dev.mneme.cli.evolve;

import dev.mneme.agent.ChatModel;
import dev.mneme.data.TrainingExample;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The greedy scores of each model, by check: one candidate is held to two checkpoints, and a cycle
 * may judge a second step against the same two, so that nobody need answer the same items again.
 * Confined to one thread.
 */
final class KnownScores {
  private final Map<Asked, List<Double>> known = new HashMap<>();

  private record Asked(String sha256, String check) {}

  /**
   * @param check names the items: the same name always goes with the same ones
   */
  List<Double> of(ChatModel model, String check, List<TrainingExample> items) {
    return known.computeIfAbsent(
        new Asked(model.ref().sha256(), check), _ -> Greedy.scores(model, items));
  }
}

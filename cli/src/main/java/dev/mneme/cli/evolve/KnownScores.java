package dev.mneme.cli.evolve;

import dev.mneme.agent.ChatModel;
import dev.mneme.data.TrainingExample;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The greedy scores of each model on a cycle's items: one candidate is held to two checkpoints, and
 * a cycle may judge a second step against the same two, so that nobody need answer the same items
 * again. Another cycle's items take the place of the first's. Confined to one thread.
 */
final class KnownScores {
  private final Map<Asked, List<Double>> known = new HashMap<>();
  private long seed;

  private record Asked(String sha256, String check) {}

  /**
   * Held-out examples, the same ones whoever is asked.
   *
   * @param check what they are for
   * @param seed they were drawn with; with the check it tells which they are
   */
  record Items(String check, long seed, List<TrainingExample> examples) {}

  List<Double> of(ChatModel model, Items items) {
    if (items.seed() != seed) {
      known.clear();
      seed = items.seed();
    }
    return known.computeIfAbsent(
        new Asked(model.ref().sha256(), items.check()),
        _ -> Greedy.scores(model, items.examples()));
  }
}

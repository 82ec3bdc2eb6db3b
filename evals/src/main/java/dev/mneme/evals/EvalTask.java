package dev.mneme.evals;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.EvalItem;
import dev.mneme.data.Hashes;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Data, how to ask it, and how to score it.
 *
 * @param name short and stable, for example {@code ours}
 * @param items with ids unique within the task
 * @param solver puts an item to the model
 * @param scorer measures what came
 * @param primary the figure that stands for the task
 */
public record EvalTask(
    String name, List<EvalItem> items, Solver solver, Scorer scorer, Metric primary) {
  public EvalTask {
    requireNonNull(name, "name is null");
    requireNonNull(solver, "solver is null");
    requireNonNull(scorer, "scorer is null");
    requireNonNull(primary, "primary is null");
    items = List.copyOf(items);
    Set<String> ids = new HashSet<>();
    for (EvalItem each : items) {
      if (!ids.add(each.id())) {
        throw new IllegalArgumentException(
            "task " + name + " has two items with the id \"" + each.id() + "\"; ids must differ");
      }
    }
  }

  /** Changes when any prompt changes. */
  String dataHash() {
    return Hashes.sha256(
        items.stream()
            .map(each -> Hashes.sha256(each.id(), solver.fingerprint(each)))
            .toArray(String[]::new));
  }
}

package dev.mneme.cli.evolve;

import static java.util.function.Predicate.not;

import dev.mneme.data.PreferencePair;
import dev.mneme.dpo.cycle.TrainingSet;
import dev.mneme.ltm.MemoryStoreException;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Begins a cycle when enough new evidence has come and the machine is idle. One thread. */
public final class Watch {
  private final int minNewPairs;
  private final Supplier<TrainingSet> plan;
  private final Consumer<TrainingSet> cycle;
  private final BooleanSupplier idle;
  private final Consumer<String> progress;
  private Set<String> seen;
  private @Nullable String said;

  /**
   * @param minNewPairs pairs no cycle has trained on yet that are enough to begin one
   * @param trained ids of the pairs that the latest cycle trained on
   * @param plan what a cycle would train on now
   * @param cycle runs a whole cycle on such a plan
   * @param idle whether the machine has time to spare
   * @param progress receives lines for people; what keeps it waiting is said once
   */
  public Watch(
      int minNewPairs,
      Set<String> trained,
      Supplier<TrainingSet> plan,
      Consumer<TrainingSet> cycle,
      BooleanSupplier idle,
      Consumer<String> progress) {
    this.minNewPairs = minNewPairs;
    this.seen = trained;
    this.plan = plan;
    this.cycle = cycle;
    this.idle = idle;
    this.progress = progress;
  }

  /** Looks once, and runs a cycle if there is reason to. */
  public void look() {
    TrainingSet now;
    try {
      now = plan.get();
    } catch (MemoryStoreException.InUse e) {
      waitFor(e.getMessage() + "; looking again later");
      return;
    }
    // By id, because a cycle learns from the heaviest only: their number stays the same.
    Set<String> ids = now.trainPairs().stream().map(PreferencePair::id).collect(Collectors.toSet());
    long fresh = ids.stream().filter(not(seen::contains)).count();
    if (fresh < minNewPairs) {
      said = null;
    } else if (!idle.getAsBoolean()) {
      waitFor("enough to learn from; waiting until the machine is idle");
    } else {
      said = null;
      cycle.accept(now);
      seen = ids;
    }
  }

  private void waitFor(String reason) {
    if (!reason.equals(said)) {
      progress.accept(reason);
      said = reason;
    }
  }
}

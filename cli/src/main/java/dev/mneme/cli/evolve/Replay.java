package dev.mneme.cli.evolve;

import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import java.util.Iterator;
import java.util.function.Supplier;

/**
 * The earlier supervised data that is trained beside preferences, against forgetting: the
 * curriculum's conversations. Defined once, because blame repeats a training and must read what
 * that training read.
 */
public final class Replay {
  private Replay() {}

  /** The endless stream of this seed, from its beginning each time it is asked for. */
  public static Supplier<Iterator<TrainingExample>> of(Curriculum curriculum, long seed) {
    return () -> curriculum.examples(seed, false).filter(each -> !each.isProse()).iterator();
  }
}

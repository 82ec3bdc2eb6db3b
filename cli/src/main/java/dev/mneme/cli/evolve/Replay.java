package dev.mneme.cli.evolve;

import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import java.util.Iterator;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The earlier supervised data that is trained beside preferences, against forgetting: the
 * curriculum's conversations, and among them more than their share of what the gate lets nobody
 * lose. What is declined comes in ever new words, because the words of the curriculum no longer
 * teach the model anything and so hold nothing in place (docs/adr/0093). Defined once, because
 * blame repeats a training and must read what that training read.
 */
public final class Replay {
  /** Skills in which a model admits that it does not know. */
  static final Predicate<String> ABSTENTION = skill -> skill.contains("abstain");

  /** Skills in which a model declines. */
  static final Predicate<String> SAFETY = skill -> skill.contains("refus");

  /**
   * One example in so many is of what nobody may lose, declining and abstaining by turns; in the
   * curriculum it is one in thirty.
   */
  private static final int GUARDED_EVERY = 3;

  private Replay() {}

  /** The endless stream of this seed, from its beginning each time it is asked for. */
  public static Supplier<Iterator<TrainingExample>> of(Curriculum curriculum, long seed) {
    return () -> {
      Iterator<TrainingExample> all = curriculum.examples(seed, false).iterator();
      Iterator<TrainingExample> abstaining =
          curriculum.examples(seed, false, ABSTENTION).iterator();
      Iterator<TrainingExample> declining = curriculum.reworded(seed, SAFETY).iterator();
      return Stream.iterate(1L, i -> i + 1)
          .map(
              i ->
                  i % GUARDED_EVERY != 0
                      ? all.next()
                      : i % (2 * GUARDED_EVERY) == 0 ? declining.next() : abstaining.next())
          .filter(each -> !each.isProse())
          .iterator();
    };
  }
}

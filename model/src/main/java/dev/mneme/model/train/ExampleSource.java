package dev.mneme.model.train;

import dev.mneme.data.Hashes;
import dev.mneme.data.TrainingExample;
import java.util.List;
import java.util.SplittableRandom;

/**
 * An endless stream of examples that can be entered anywhere: example {@code index} is the same
 * whenever it is asked for. One thread at a time.
 */
@FunctionalInterface
public interface ExampleSource {
  /** Example number {@code index}, from 0. */
  TrainingExample example(long index);

  /**
   * A list as a stream: each pass is another seeded order of it.
   *
   * @throws IllegalArgumentException when it is empty
   */
  static ExampleSource ofList(List<TrainingExample> examples, long seed) {
    List<TrainingExample> all = List.copyOf(examples);
    if (all.isEmpty()) {
      throw new IllegalArgumentException("no examples to train on; expected at least one");
    }
    return new ExampleSource() {
      private long shuffledFor = -1;
      private final int[] order = new int[all.size()];

      @Override
      public TrainingExample example(long index) {
        long pass = index / all.size();
        if (pass != shuffledFor) {
          shuffle(pass);
        }
        return all.get(order[(int) (index % all.size())]);
      }

      private void shuffle(long pass) {
        var random = new SplittableRandom(Hashes.subSeed(seed, "examples", Long.toString(pass)));
        for (int i = 0; i < order.length; i++) {
          int j = random.nextInt(i + 1);
          order[i] = order[j];
          order[j] = i;
        }
        shuffledFor = pass;
      }
    };
  }
}

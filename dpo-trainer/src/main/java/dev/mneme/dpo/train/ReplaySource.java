package dev.mneme.dpo.train;

import dev.mneme.data.TrainingExample;
import java.nio.file.Path;
import java.util.Iterator;

/** Where the earlier supervised data comes from that is trained beside preferences. */
@FunctionalInterface
public interface ReplaySource {
  /**
   * An endless stream, from its beginning each time and the same for the same checkpoint: blame
   * repeats a training and must read what that training read.
   *
   * @param start folder of the checkpoint that training starts from
   */
  Iterator<TrainingExample> from(Path start);
}

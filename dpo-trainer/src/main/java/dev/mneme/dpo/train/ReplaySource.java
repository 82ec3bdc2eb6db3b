package dev.mneme.dpo.train;

import dev.mneme.data.TrainingExample;
import java.nio.file.Path;
import java.util.Iterator;

/** Where the earlier supervised data comes from that is rehearsed beside preferences. */
@FunctionalInterface
public interface ReplaySource {
  /**
   * An example to rehearse.
   *
   * @param firmly whether its replies are to stay as likely as they can be, word for word, rather
   *     than as likely as the model finds them: for what nobody may lose
   */
  record Earlier(TrainingExample example, boolean firmly) {}

  /**
   * An endless stream, from its beginning each time and the same for the same checkpoint: blame
   * repeats a training and must read what that training read.
   *
   * @param start folder of the checkpoint that training starts from
   */
  Iterator<Earlier> from(Path start);
}

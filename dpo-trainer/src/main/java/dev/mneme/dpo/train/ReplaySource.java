package dev.mneme.dpo.train;

import dev.mneme.data.TrainingExample;
import java.nio.file.Path;
import java.util.Iterator;

/** Where the earlier supervised data comes from that is rehearsed beside preferences. */
@FunctionalInterface
public interface ReplaySource {
  /** How much of a reply is held. */
  enum Hold {
    /**
     * What is predicted inside it. How a reply begins and whether it goes on is its manner, which
     * is what people wish otherwise, about everything and not only about what they asked.
     */
    CONTENT,
    /** What is predicted from its beginning to its end: where the beginning decides. */
    WHOLE,
    /** Its very words, as likely as they can be: for what nobody may lose. */
    WORDS;

    /**
     * What each token counts, 1 or 0.
     *
     * @param reply which tokens are a reply's, its end included
     */
    float[] weights(boolean[] reply) {
      float[] weights = new float[reply.length];
      for (int i = 1; i < weights.length; i++) {
        boolean first = !reply[i - 1];
        boolean last = i + 1 == reply.length || !reply[i + 1];
        boolean manner = this == CONTENT && (first || last);
        weights[i] = reply[i] && !manner ? 1 : 0;
      }
      return weights;
    }
  }

  /** An example to rehearse. */
  record Earlier(TrainingExample example, Hold hold) {}

  /**
   * An endless stream, from its beginning each time and the same for the same checkpoint: blame
   * repeats a training and must read what that training read.
   *
   * @param heldTo folder of the checkpoint whose predictions are held to
   */
  Iterator<Earlier> from(Path heldTo);
}

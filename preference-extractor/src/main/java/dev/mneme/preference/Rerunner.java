package dev.mneme.preference;

import dev.mneme.data.Message;
import java.util.List;
import java.util.Optional;

/**
 * Answers a request again with a stated preference in the prompt, for replies that drew a complaint
 * about their form. The extractor takes the new reply as a chosen side only when {@link FormCheck}
 * confirms that it keeps the wish, the old one breaks it, and both are about the request.
 */
@FunctionalInterface
public interface Rerunner {
  /** The new reply, or empty when none could be had. */
  Optional<String> rerun(List<Message> prompt, StatedPreference wish);

  /**
   * Whether it can answer now. What is asked of a rerunner that cannot is left open and asked again
   * at the next run.
   */
  default boolean ready() {
    return true;
  }

  /** Never reruns, and leaves everything open for one that does. */
  Rerunner NONE =
      new Rerunner() {
        @Override
        public Optional<String> rerun(List<Message> prompt, StatedPreference wish) {
          return Optional.empty();
        }

        @Override
        public boolean ready() {
          return false;
        }
      };
}

package dev.mneme.evals.satisfaction;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Message;
import dev.mneme.data.Role;
import java.util.List;

/**
 * A dialogue people rated.
 *
 * @param id unique within its set
 * @param messages in order
 * @param rated the rated stretches
 */
public record RatedDialogue(String id, List<Message> messages, List<Rated> rated) {
  public RatedDialogue {
    requireNonNull(id, "id is null");
    messages = List.copyOf(messages);
    rated = List.copyOf(rated);
    for (Rated each : rated) {
      for (int reply : each.replies()) {
        if (reply < 0 || reply >= messages.size() || messages.get(reply).role() != Role.ASSISTANT) {
          throw new IllegalArgumentException(
              "dialogue " + id + ": position " + reply + " is not an assistant message");
        }
      }
    }
  }

  /**
   * One rating.
   *
   * @param replies positions of the assistant messages the rating is about
   * @param rating the mean of the people's ratings, on the set's own scale
   * @param dissatisfied by the set's own rule
   */
  public record Rated(List<Integer> replies, double rating, boolean dissatisfied) {
    public Rated {
      replies = List.copyOf(replies);
      if (replies.isEmpty()) {
        throw new IllegalArgumentException("a rating must be about at least one reply");
      }
    }
  }
}

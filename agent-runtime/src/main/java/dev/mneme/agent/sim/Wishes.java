package dev.mneme.agent.sim;

import dev.mneme.data.Turn;
import java.time.Instant;
import java.util.List;

/**
 * The port to whoever understands what one person asked for in general ("shorter answers, please"),
 * so that agents of a simulation are told about it in their prompts as agents of a chat are.
 *
 * <p>One instance hears one person's conversations with one agent, on one thread at a time, and
 * answers from what it heard alone: the same words give the same wishes.
 */
public interface Wishes {
  /** What the person said; in order. */
  void heard(Turn turn);

  /** What the person still wants, one line each. */
  List<String> standing(String session, Instant now);

  /** For agents that are told nothing. */
  static Wishes none() {
    return new Wishes() {
      @Override
      public void heard(Turn turn) {}

      @Override
      public List<String> standing(String session, Instant now) {
        return List.of();
      }
    };
  }
}

package dev.mneme.evals;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelException;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Sampling;

/** Puts an item to a model. Stateless and thread-safe. */
public interface Solver {
  /** Names this solver and its version: another id means earlier answers do not count. */
  String id();

  /** How this item is sampled, given what the run asks for; the seed is already set. */
  default Sampling sampling(EvalItem item, Sampling asked) {
    return asked;
  }

  /**
   * Everything the model will see of the item, as one text. Part of the record's key, so that an
   * item whose rubric changes, but not its prompt, need not be generated again.
   */
  default String fingerprint(EvalItem item) {
    return String.join("\u0000", item.turns());
  }

  /**
   * @throws ChatModelException when the model fails
   * @throws IllegalArgumentException when the item does not fit the model
   */
  Solution solve(EvalItem item, ChatModel model, Sampling sampling, Cancellation cancellation);
}

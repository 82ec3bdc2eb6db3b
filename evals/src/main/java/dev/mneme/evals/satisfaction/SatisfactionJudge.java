package dev.mneme.evals.satisfaction;

import dev.mneme.data.Message;
import java.util.List;

/** Says how satisfied the person was with each of some replies of a dialogue. */
public interface SatisfactionJudge {
  /** The name reports carry. */
  String name();

  /**
   * Judges replies with the whole dialogue in sight, what follows them included.
   *
   * @param dialogue user and assistant messages in order
   * @param replies positions of the assistant messages to judge
   * @return one satisfaction in [0, 1] for each position, in the same order
   */
  List<Double> judge(List<Message> dialogue, List<Integer> replies);
}

package dev.mneme.evals;

import dev.mneme.agent.ChatModelException;
import dev.mneme.data.EvalItem;
import java.util.List;

/** Measures a solution. Stateless and thread-safe; asked once for each item. */
public interface Scorer {
  /**
   * Names this scorer and its version, with the judge and its prompts where there is one: scores
   * under another id do not compare, and are measured again from the logged solution.
   */
  String id();

  /**
   * One or more measures; what cannot be scored is unscored, never left out.
   *
   * @throws ChatModelException when a judge fails
   */
  List<Measure> score(EvalItem item, Solution solution);
}

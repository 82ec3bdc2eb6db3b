package dev.mneme.evals.tasks;

import dev.mneme.agent.ChatModel;
import dev.mneme.data.Message;
import dev.mneme.data.Score;
import dev.mneme.evals.Measure;
import java.util.List;
import java.util.Map;

/** Log-likelihoods in a solution's values, and the words for their absence. */
final class Likelihoods {
  private static final String MISSING = "the model gives no log-likelihoods";

  private Likelihoods() {}

  /** Adds the value under the name; adds nothing where the model does not tell. */
  static void ask(
      ChatModel model,
      List<Message> prompt,
      String continuation,
      String name,
      Map<String, Double> values) {
    model.logLikelihood(prompt, continuation).ifPresent(each -> values.put(name, each));
  }

  static Measure missing(String metric) {
    return new Measure(metric, "", new Score.Unscored(MISSING));
  }
}

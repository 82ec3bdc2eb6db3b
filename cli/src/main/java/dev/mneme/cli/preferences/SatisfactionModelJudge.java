package dev.mneme.cli.preferences;

import dev.mneme.data.Message;
import dev.mneme.evals.satisfaction.SatisfactionJudge;
import dev.mneme.preference.dialogue.Dialogue;
import dev.mneme.preference.dialogue.Satisfaction;
import dev.mneme.preference.dialogue.SatisfactionModel;
import dev.mneme.preference.dialogue.Utterance;
import java.util.List;
import java.util.Map;

/** The extractor's satisfaction model as a judge for evaluation. Thread-safe. */
public final class SatisfactionModelJudge implements SatisfactionJudge {
  private final SatisfactionModel model = SatisfactionModel.standard();

  @Override
  public String name() {
    return "satisfaction model (" + model.weights().trainedOn() + ")";
  }

  @Override
  public List<Double> judge(List<Message> dialogue, List<Integer> replies) {
    Map<Integer, Satisfaction> judged =
        model.judge(
            new Dialogue(dialogue.stream().map(SatisfactionModelJudge::utterance).toList()));
    return replies.stream().map(reply -> value(judged.get(reply))).toList();
  }

  /** A reply without words cannot be judged: neither way. */
  private static double value(@org.jspecify.annotations.Nullable Satisfaction satisfaction) {
    return satisfaction == null ? 0.5 : satisfaction.value();
  }

  private static Utterance utterance(Message message) {
    return switch (message.role()) {
      case USER, SYSTEM -> Utterance.person(message.content());
      case ASSISTANT -> Utterance.assistant(message.content());
      case TOOL -> Utterance.tool(message.content());
    };
  }
}

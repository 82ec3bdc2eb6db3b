package dev.mneme.evals;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Asks an item's turns one after the other, each with the whole conversation before it. */
public final class ChatSolver implements Solver {
  private final Map<String, Double> temperatureByCategory;

  private ChatSolver(Map<String, Double> temperatureByCategory) {
    this.temperatureByCategory = Map.copyOf(temperatureByCategory);
  }

  /** With the sampling that the run asks for. */
  public static ChatSolver plain() {
    return new ChatSolver(Map.of());
  }

  /** With these temperatures where the run does not ask for one of its own (0 is not asking). */
  public static ChatSolver withTemperatures(Map<String, Double> byCategory) {
    return new ChatSolver(byCategory);
  }

  @Override
  public String id() {
    return "chat/1";
  }

  @Override
  public Sampling sampling(EvalItem item, Sampling asked) {
    return asked.temperature() == 0
        ? asked.withTemperature(temperatureByCategory.getOrDefault(item.category(), 0.0))
        : asked;
  }

  @Override
  public Solution solve(
      EvalItem item, ChatModel model, Sampling sampling, Cancellation cancellation) {
    var messages = new ArrayList<Message>();
    var replies = new ArrayList<Reply>();
    for (String turn : item.turns()) {
      messages.add(Message.user(turn));
      ChatReply reply =
          model.generate(new ChatRequest(messages, List.of(), sampling), _ -> {}, cancellation);
      replies.add(Reply.of(reply));
      if (reply.finish() == ChatReply.Finish.CANCELLED) {
        break;
      }
      messages.add(Message.assistant(reply.message().content()));
    }
    return Solution.of(replies);
  }
}

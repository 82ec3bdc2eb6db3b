package dev.mneme.cli.evolve;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.Expectation;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.data.TrainingExample;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;

/** Asks a model many things at once, greedily, so that a local model decodes them together. */
public final class Greedy {
  private static final int CHECKED_TOKENS = 128;

  private Greedy() {}

  /** A reply to each prompt, in order. */
  public static List<String> replies(ChatModel model, List<List<Message>> prompts, int maxTokens) {
    return replies(
            model,
            prompts.stream()
                .map(each -> new ChatRequest(each, List.of(), Sampling.greedy(maxTokens)))
                .toList())
        .stream()
        .map(Message::content)
        .toList();
  }

  /**
   * What the model says in place of one checked reply of each example, in order.
   *
   * @param checked which of them
   */
  static List<Message> replies(
      ChatModel model,
      List<TrainingExample> items,
      Function<TrainingExample, Expectation> checked,
      int maxTokens) {
    return replies(
        model,
        items.stream()
            .map(
                item ->
                    new ChatRequest(
                        item.messages().subList(0, checked.apply(item).message()),
                        item.tools(),
                        Sampling.greedy(maxTokens)))
            .toList());
  }

  private static List<Message> replies(ChatModel model, List<ChatRequest> requests) {
    return InParallel.run(
        requests.stream()
            .<Callable<Message>>map(
                each -> () -> model.generate(each, text -> {}, new Cancellation()).message())
            .toList());
  }

  /** Whether the reply to the last checked message of each example passes, 1 or 0, in order. */
  public static List<Double> scores(ChatModel model, List<TrainingExample> items) {
    List<Message> replies =
        replies(model, items, item -> item.expectations().getLast(), CHECKED_TOKENS);
    List<Double> scores = new ArrayList<>();
    for (int i = 0; i < replies.size(); i++) {
      scores.add(items.get(i).expectations().getLast().check().score(replies.get(i)).value());
    }
    return scores;
  }
}

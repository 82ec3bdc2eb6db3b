package dev.mneme.cli.evolve;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.data.TrainingExample;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** Asks a model many things at once, greedily, so that a local model decodes them together. */
public final class Greedy {
  private static final int CHECKED_TOKENS = 128;

  private Greedy() {}

  /** A reply to each prompt, in order. */
  public static List<String> replies(ChatModel model, List<List<Message>> prompts, int maxTokens) {
    List<Callable<String>> work = new ArrayList<>();
    for (List<Message> prompt : prompts) {
      work.add(
          () ->
              model
                  .generate(
                      new ChatRequest(prompt, List.of(), Sampling.greedy(maxTokens)),
                      text -> {},
                      new Cancellation())
                  .message()
                  .content());
    }
    return InParallel.run(work);
  }

  /** Whether the reply to the last checked message of each example passes, 1 or 0, in order. */
  public static List<Double> scores(ChatModel model, List<TrainingExample> items) {
    List<Callable<Double>> work = new ArrayList<>();
    for (TrainingExample item : items) {
      work.add(
          () -> {
            var expectation = item.expectations().getLast();
            var reply =
                model.generate(
                    new ChatRequest(
                        item.messages().subList(0, expectation.message()),
                        item.tools(),
                        Sampling.greedy(CHECKED_TOKENS)),
                    text -> {},
                    new Cancellation());
            return expectation.check().score(reply.message()).value();
          });
    }
    return InParallel.run(work);
  }
}

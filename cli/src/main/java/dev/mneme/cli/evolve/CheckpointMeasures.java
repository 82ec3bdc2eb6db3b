package dev.mneme.cli.evolve;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatRequest;
import dev.mneme.cli.models.ChatModels;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.evals.EvalRunner;
import dev.mneme.evals.EvalSummary;
import dev.mneme.evals.Progress;
import dev.mneme.evals.ours.OurPrompts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;

/**
 * What a generation of weights is worth outside of the conversations it learns from.
 *
 * <ul>
 *   <li>{@code mt_bench_style}: the mean grade from 1 to 10 on our 80 two-turn prompts;
 *   <li>{@code kl_first}: how far the weights have moved from the first checkpoint, as KL(now ||
 *       first) in nats a token, estimated on replies drawn from the weights of now to the first
 *       turns of those prompts.
 * </ul>
 *
 * Thread-safe.
 */
final class CheckpointMeasures {
  private static final int KL_REPLY_TOKENS = 48;
  private static final long SEED = 0;

  private final ChatModels models;
  private final EvalRunner runner;

  /**
   * @param runner the gate's, so that what the gate asked already is not asked again
   */
  CheckpointMeasures(ChatModels models, EvalRunner runner) {
    this.models = models;
    this.runner = runner;
  }

  Map<String, Double> of(Path now, Path first) {
    Map<String, Double> measures = new TreeMap<>();
    try (ChatModel model = models.open(now.toString())) {
      EvalSummary graded =
          EvalSummary.of(
              runner.run(
                  OurPrompts.task(),
                  model,
                  PairedPromotionGate.GRADING,
                  new Cancellation(),
                  Progress.NONE),
              SEED);
      if (graded.primary().mean() != null) {
        measures.put("mt_bench_style", graded.primary().value());
      }
      if (now.equals(first)) {
        measures.put("kl_first", 0.0);
      } else {
        try (ChatModel reference = models.open(first.toString())) {
          measures.put("kl_first", divergence(model, reference));
        }
      }
    }
    return measures;
  }

  private static double divergence(ChatModel now, ChatModel first) {
    List<Callable<double[]>> work = new ArrayList<>();
    for (EvalItem item : OurPrompts.task().items()) {
      List<Message> prompt = List.of(Message.user(item.turns().getFirst()));
      Sampling drawn =
          Sampling.chat(Hashes.subSeed(SEED, "kl", item.id()), KL_REPLY_TOKENS).withTemperature(1);
      work.add(
          () -> {
            String reply =
                now.generate(
                        new ChatRequest(prompt, List.of(), drawn), text -> {}, new Cancellation())
                    .message()
                    .content();
            return reply.isBlank()
                ? new double[2]
                : new double[] {
                  likelihood(now, prompt, reply) - likelihood(first, prompt, reply),
                  tokens(now, prompt, reply)
                };
          });
    }
    double nats = 0;
    double tokens = 0;
    for (double[] each : InParallel.run(work)) {
      nats += each[0];
      tokens += each[1];
    }
    return tokens == 0 ? 0 : nats / tokens;
  }

  private static double likelihood(ChatModel model, List<Message> prompt, String reply) {
    return model
        .logLikelihood(prompt, reply)
        .orElseThrow(
            () -> new IllegalStateException(model.ref().id() + " gives no log-probabilities"));
  }

  private static int tokens(ChatModel model, List<Message> prompt, String reply) {
    List<Message> whole = new ArrayList<>(prompt);
    whole.add(Message.assistant(reply));
    return Math.max(1, model.countTokens(whole, List.of()) - model.countTokens(prompt, List.of()));
  }
}

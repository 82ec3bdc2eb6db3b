package dev.mneme.evals.tasks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Sampling;
import dev.mneme.data.TrainingExample;
import dev.mneme.evals.EvalRecord;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.Measure;
import dev.mneme.evals.Metric;
import dev.mneme.evals.Scorer;
import dev.mneme.evals.Solution;
import dev.mneme.evals.Solver;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How likely a model finds the replies of given conversations.
 *
 * <p>The figure of an item is {@code logprob_per_token}, so higher is better as everywhere. {@link
 * #perplexities} gives the usual number, {@code exp(-sum of log-probabilities / sum of tokens)}, by
 * category; {@code bits_per_byte} is there for models with different tokenizers.
 */
public final class PerplexityTask {
  private static final double LOWEST = -20;

  private PerplexityTask() {}

  /** Every assistant message that has something before it. */
  public static EvalTask of(List<TrainingExample> examples) {
    var items = new ArrayList<EvalItem>();
    var prompts = new LinkedHashMap<String, List<Message>>();
    var seen = new HashSet<String>();
    for (TrainingExample example : examples) {
      for (int i = 1; i < example.messages().size(); i++) {
        Message reply = example.messages().get(i);
        if (reply.role() != Role.ASSISTANT || reply.content().isBlank()) {
          continue;
        }
        List<Message> before = example.messages().subList(0, i);
        String json = Json.mapper().writeValueAsString(example.messages().subList(0, i + 1));
        String id = example.skill() + "-" + Hashes.sha256(json).substring(0, 10);
        if (seen.add(id)) {
          prompts.put(id, List.copyOf(before));
          items.add(
              new EvalItem(
                  id,
                  example.skill(),
                  List.of(before.getLast().content()),
                  List.of(reply.content()),
                  Map.of("messages", json)));
        }
      }
    }
    return new EvalTask(
        "perplexity",
        items,
        new Asking(Map.copyOf(prompts)),
        new PerToken(),
        new Metric("logprob_per_token", LOWEST, 0));
  }

  /** Perplexity by category, and over all under {@code all}. */
  public static Map<String, Double> perplexities(EvalRun run) {
    var sums = new TreeMap<String, double[]>();
    for (EvalRecord each : run.records()) {
      Solution solution = each.solution();
      Double logprob = solution == null ? null : solution.values().get("logprob");
      Double tokens = solution == null ? null : solution.values().get("tokens");
      if (logprob != null && tokens != null) {
        for (String group : List.of(each.category(), "all")) {
          double[] sum = sums.computeIfAbsent(group, _ -> new double[2]);
          sum[0] += logprob;
          sum[1] += tokens;
        }
      }
    }
    var perplexities = new LinkedHashMap<String, Double>();
    sums.forEach((group, sum) -> perplexities.put(group, Math.exp(-sum[0] / sum[1])));
    return perplexities;
  }

  private record Asking(Map<String, List<Message>> prompts) implements Solver {
    @Override
    public String id() {
      return "perplexity/1";
    }

    @Override
    public String fingerprint(EvalItem item) {
      return String.valueOf(item.metadata().get("messages"));
    }

    @Override
    public Solution solve(
        EvalItem item, ChatModel model, Sampling sampling, Cancellation cancellation) {
      var values = new LinkedHashMap<String, Double>();
      List<Message> before = prompts.getOrDefault(item.id(), List.of());
      String reply = item.references().getFirst();
      Likelihoods.ask(model, before, reply, "logprob", values);
      if (!values.isEmpty()) {
        var whole = new ArrayList<>(before);
        whole.add(Message.assistant(reply));
        int tokens = model.countTokens(whole, List.of()) - model.countTokens(before, List.of());
        values.put("tokens", (double) Math.max(1, tokens));
      }
      return new Solution(List.of(), values);
    }
  }

  private static final class PerToken implements Scorer {
    @Override
    public String id() {
      return "perplexity/1";
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      Double logprob = solution.values().get("logprob");
      Double tokens = solution.values().get("tokens");
      if (logprob == null || tokens == null || !Double.isFinite(logprob)) {
        return List.of(
            Likelihoods.missing("logprob_per_token"), Likelihoods.missing("bits_per_byte"));
      }
      int bytes = item.references().getFirst().getBytes(UTF_8).length;
      return List.of(
          Measure.scored("logprob_per_token", "", logprob / tokens, "nats"),
          Measure.scored("bits_per_byte", "", -logprob / Math.log(2) / bytes, "bits"));
    }
  }
}

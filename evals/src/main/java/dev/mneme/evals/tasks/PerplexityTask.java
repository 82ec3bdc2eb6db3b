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
import dev.mneme.data.ToolSpec;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How likely a model finds the replies of given conversations.
 *
 * <p>The figure of an item is {@code logprob_per_token}, so higher is better as everywhere. {@link
 * #perplexities} gives the usual number by category and skill; {@code bits_per_byte} is there for
 * models with different tokenizers.
 */
public final class PerplexityTask {
  private static final double LOWEST = -20;
  private static final String ALL = "all";

  private PerplexityTask() {}

  /** Every assistant message that has something before it. */
  public static EvalTask of(List<TrainingExample> examples) {
    var items = new ArrayList<EvalItem>();
    var prompts = new LinkedHashMap<String, Prompt>();
    var seen = new HashSet<String>();
    for (TrainingExample example : examples) {
      for (int i = 1; i < example.messages().size(); i++) {
        Message reply = example.messages().get(i);
        if (reply.role() != Role.ASSISTANT || reply.content().isBlank()) {
          continue;
        }
        List<Message> before = example.messages().subList(0, i);
        String json =
            Json.mapper()
                .writeValueAsString(List.of(example.messages().subList(0, i + 1), example.tools()));
        String id = example.skill() + "-" + Hashes.sha256(json).substring(0, 10);
        if (seen.add(id)) {
          prompts.put(id, new Prompt(List.copyOf(before), example.tools()));
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

  /**
   * How well a group of replies was foreseen.
   *
   * @param group {@code all}, a category such as {@code memory}, or a skill such as {@code
   *     memory/answer}
   * @param perplexity {@code exp(-sum of log-probabilities / sum of tokens)}, ends of replies
   *     included
   * @param replies how many
   * @param tokens how many they have together
   */
  public record Perplexity(String group, double perplexity, int replies, long tokens) {}

  /** All, then each category, followed by its skills where it has several. */
  public static List<Perplexity> perplexities(EvalRun run) {
    var sums = new TreeMap<String, double[]>();
    for (EvalRecord each : run.records()) {
      Solution solution = each.solution();
      Double logprob = solution == null ? null : solution.values().get("logprob");
      Double tokens = solution == null ? null : solution.values().get("tokens");
      if (logprob != null && tokens != null) {
        String skill = each.category();
        int slash = skill.indexOf('/');
        var groups = new LinkedHashSet<String>();
        groups.add(ALL);
        groups.add(slash < 0 ? skill : skill.substring(0, slash));
        groups.add(skill);
        for (String group : groups) {
          double[] sum = sums.computeIfAbsent(group, _ -> new double[3]);
          sum[0] += logprob;
          sum[1] += tokens;
          sum[2]++;
        }
      }
    }
    var skills = new TreeMap<String, Integer>();
    sums.keySet().stream()
        .filter(each -> each.contains("/"))
        .forEach(each -> skills.merge(each.substring(0, each.indexOf('/')), 1, Integer::sum));
    var all = new ArrayList<Perplexity>();
    sums.forEach(
        (group, sum) -> {
          int slash = group.indexOf('/');
          if (slash >= 0 && skills.getOrDefault(group.substring(0, slash), 0) == 1) {
            return; // the same replies as its category's
          }
          var each = new Perplexity(group, Math.exp(-sum[0] / sum[1]), (int) sum[2], (long) sum[1]);
          all.add(group.equals(ALL) ? 0 : all.size(), each);
        });
    return all;
  }

  private record Prompt(List<Message> messages, List<ToolSpec> tools) {}

  private record Asking(Map<String, Prompt> prompts) implements Solver {
    @Override
    public String id() {
      return "perplexity/2";
    }

    @Override
    public String fingerprint(EvalItem item) {
      return String.valueOf(item.metadata().get("messages"));
    }

    @Override
    public Solution solve(
        EvalItem item, ChatModel model, Sampling sampling, Cancellation cancellation) {
      Prompt prompt = prompts.get(item.id());
      if (prompt == null) {
        throw new IllegalArgumentException("no example has the id " + item.id());
      }
      var values = new LinkedHashMap<String, Double>();
      model
          .likelihood(prompt.messages(), prompt.tools(), item.references().getFirst())
          .ifPresent(
              each -> {
                values.put("logprob", each.logProb());
                values.put("tokens", (double) each.tokens());
              });
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

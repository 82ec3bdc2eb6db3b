package dev.mneme.evals.tasks;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Sampling;
import dev.mneme.data.TrainingExample;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.Measure;
import dev.mneme.evals.Metric;
import dev.mneme.evals.Reply;
import dev.mneme.evals.Scorer;
import dev.mneme.evals.Solution;
import dev.mneme.evals.Solver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Requests of open form, to be asked several times at a temperature; {@link Diversity} reads the
 * run. A request is open when nothing is expected of its reply that a program could check.
 */
public final class DiversityTask {
  private DiversityTask() {}

  /**
   * The first reply of up to so many open examples.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static EvalTask of(List<TrainingExample> examples, int prompts) {
    var items = new ArrayList<EvalItem>();
    var asked = new LinkedHashMap<String, List<Message>>();
    for (TrainingExample example : examples) {
      int reply = firstReply(example);
      if (items.size() == prompts || reply < 1 || !example.expectations().isEmpty()) {
        continue;
      }
      List<Message> before = example.messages().subList(0, reply);
      String json = Json.mapper().writeValueAsString(before);
      String id = example.skill() + "-" + Hashes.sha256(json).substring(0, 10);
      if (asked.putIfAbsent(id, List.copyOf(before)) == null) {
        items.add(
            new EvalItem(
                id,
                example.skill(),
                List.of(before.getLast().content()),
                List.of(),
                Map.of("messages", json)));
      }
    }
    if (items.isEmpty()) {
      throw new IllegalArgumentException(
          "none of " + examples.size() + " examples is of open form; all of them are checked");
    }
    return new EvalTask(
        "diversity",
        items,
        new Asking(Map.copyOf(asked)),
        new Answered(),
        Metric.accuracy("answered"));
  }

  private static int firstReply(TrainingExample example) {
    for (int i = 0; i < example.messages().size(); i++) {
      if (example.messages().get(i).role() == Role.ASSISTANT) {
        return i;
      }
    }
    return -1;
  }

  private record Asking(Map<String, List<Message>> prompts) implements Solver {
    @Override
    public String id() {
      return "open/1";
    }

    @Override
    public String fingerprint(EvalItem item) {
      return String.valueOf(item.metadata().get("messages"));
    }

    @Override
    public Solution solve(
        EvalItem item, ChatModel model, Sampling sampling, Cancellation cancellation) {
      var request =
          new ChatRequest(prompts.getOrDefault(item.id(), List.of()), List.of(), sampling);
      return Solution.of(List.of(Reply.of(model.generate(request, _ -> {}, cancellation))));
    }
  }

  private static final class Answered implements Scorer {
    @Override
    public String id() {
      return "answered/1";
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      boolean said = !solution.text(0).isBlank();
      return List.of(
          Measure.scored("answered", "", said ? 1 : 0, said ? "said something" : "said nothing"));
    }
  }
}

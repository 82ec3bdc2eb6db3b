package dev.mneme.evals.tasks;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.Check;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Expectation;
import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Sampling;
import dev.mneme.data.Score;
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
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Held-out examples of the curriculum: the model sees the messages before an assistant message that
 * carries {@link Expectation}s, and its own message is checked.
 *
 * <p>The figure is {@code passed}, one for each expectation, in the category of its skill and the
 * part of its measure. Each skill and measure also has a figure of its own, for example {@code
 * memory/conflict:exact}.
 */
public final class CurriculumTask {
  private CurriculumTask() {}

  /** The messages a model is shown, and what is expected of its next one. */
  private record Case(
      TrainingExample example, List<Message> prompt, List<Expectation> expectations) {}

  /** All expectations of the held-out examples. */
  public static EvalTask of(List<TrainingExample> examples) {
    return of("curriculum", examples, _ -> true);
  }

  /** Only what is expected of tool calls: the right tool, the right arguments, or none. */
  public static EvalTask tools(List<TrainingExample> examples) {
    return of("tools", examples, CurriculumTask::isAboutTools);
  }

  private static boolean isAboutTools(Check check) {
    return switch (check) {
      case Check.Calls _, Check.CallsNothing _ -> true;
      case Check.All all -> all.checks().stream().anyMatch(CurriculumTask::isAboutTools);
      case Check.Exactly _,
          Check.Says _,
          Check.Avoids _,
          Check.Abstains _,
          Check.IsJson _,
          Check.JsonEquals _,
          Check.Form _,
          Check.FinalNumber _ ->
          false;
    };
  }

  private static EvalTask of(String name, List<TrainingExample> examples, Predicate<Check> filter) {
    var cases = new LinkedHashMap<String, Case>();
    var items = new ArrayList<EvalItem>();
    for (TrainingExample example : examples) {
      if (!example.heldOut()) {
        continue;
      }
      var indices =
          example.expectations().stream()
              .filter(each -> filter.test(each.check()))
              .map(Expectation::message)
              .collect(Collectors.toCollection(TreeSet::new));
      for (int index : indices) {
        List<Message> prompt = example.messages().subList(0, index);
        List<Expectation> expectations =
            example.expectations().stream()
                .filter(each -> each.message() == index && filter.test(each.check()))
                .toList();
        String json = Json.mapper().writeValueAsString(List.of(prompt, example.tools()));
        String id = example.skill() + "-" + Hashes.sha256(json).substring(0, 10);
        if (prompt.isEmpty() || cases.containsKey(id)) {
          continue;
        }
        cases.put(id, new Case(example, prompt, expectations));
        items.add(
            new EvalItem(
                id,
                example.skill(),
                prompt.stream()
                    .filter(each -> each.role() == Role.USER)
                    .map(Message::content)
                    .toList(),
                List.of(example.messages().get(index).content()),
                Map.of(
                    "messages",
                    json,
                    "expectations",
                    Json.mapper().writeValueAsString(expectations))));
      }
    }
    if (items.isEmpty()) {
      throw new IllegalArgumentException(
          "none of "
              + examples.size()
              + " examples is held out and says what to expect; write held-out ones with `mneme"
              + " curriculum`");
    }
    Map<String, Case> byId = Map.copyOf(cases);
    return new EvalTask(
        name, items, new NextMessage(byId), new Expected(byId), Metric.accuracy("passed"));
  }

  private record NextMessage(Map<String, Case> cases) implements Solver {
    @Override
    public String id() {
      return "next-message/1";
    }

    @Override
    public String fingerprint(EvalItem item) {
      return String.valueOf(item.metadata().get("messages"));
    }

    @Override
    public Solution solve(
        EvalItem item, ChatModel model, Sampling sampling, Cancellation cancellation) {
      Case asked = get(cases, item);
      var request = new ChatRequest(asked.prompt(), asked.example().tools(), sampling);
      return Solution.of(List.of(Reply.of(model.generate(request, _ -> {}, cancellation))));
    }
  }

  private record Expected(Map<String, Case> cases) implements Scorer {
    @Override
    public String id() {
      return "expectations/1";
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      var measures = new ArrayList<Measure>();
      Reply reply = solution.replies().getFirst();
      var message = new Message(Role.ASSISTANT, reply.text(), reply.toolCalls(), null);
      boolean silent = reply.text().isBlank() && reply.toolCalls().isEmpty();
      for (Expectation each : get(cases, item).expectations()) {
        Score score =
            silent ? new Score.Unscored("the model returned nothing") : each.check().score(message);
        measures.add(new Measure("passed", each.measure(), score));
        measures.add(new Measure(item.category() + ":" + each.measure(), "", score));
      }
      return measures;
    }
  }

  private static Case get(Map<String, Case> cases, EvalItem item) {
    Case found = cases.get(item.id());
    if (found == null) {
      throw new IllegalArgumentException("no held-out example has the id " + item.id());
    }
    return found;
  }
}

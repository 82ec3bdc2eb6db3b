package dev.mneme.evals.ours;

import dev.mneme.data.EvalItem;
import dev.mneme.data.Json;
import dev.mneme.evals.ChatSolver;
import dev.mneme.evals.EvalException;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.Measure;
import dev.mneme.evals.Metric;
import dev.mneme.evals.Scorer;
import dev.mneme.evals.Solution;
import dev.mneme.evals.Solver;
import dev.mneme.evals.Temperatures;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * The task {@code ours}. Its figure is {@code grade}, one for each turn; the shares of criteria met
 * are there by dimension as well, for example {@code share/consistency}.
 */
public final class OurPrompts {
  /** The categories, in MT-Bench's order. */
  public static final List<String> CATEGORIES =
      List.of(
          "writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities");

  /** The rubric has a version of its own: another one, other grades. */
  private static final String SCORER = "ours/1";

  private OurPrompts() {}

  /** The 80 prompts, each category at MT-Bench's temperature. */
  public static EvalTask task() {
    return task(ChatSolver.withTemperatures(Temperatures.MT_BENCH));
  }

  /** The 80 prompts, asked by a solver of your own. */
  public static EvalTask task(Solver solver) {
    var items = new ArrayList<EvalItem>();
    var rubrics = new LinkedHashMap<String, List<Rubric>>();
    for (String category : CATEGORIES) {
      for (JsonNode prompt : read(category)) {
        String id = prompt.get("id").asString();
        var turns = new ArrayList<String>();
        var good = new ArrayList<String>();
        var turnRubrics = new ArrayList<Rubric>();
        for (JsonNode turn : prompt.get("turns")) {
          turns.add(turn.get("ask").asString());
          good.add(turn.get("good").asString());
          turnRubrics.add(Rubric.parse(id + " turn " + turns.size(), turn.get("checks")));
        }
        items.add(
            new EvalItem(
                id, category, turns, good, Map.of("checks", prompt.get("turns").toString())));
        rubrics.put(id, List.copyOf(turnRubrics));
      }
    }
    return new EvalTask("ours", items, solver, new RubricScorer(rubrics), Metric.grade("grade"));
  }

  private static JsonNode read(String category) {
    String name = category + ".json";
    try (InputStream in = OurPrompts.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new AssertionError("the resource " + name + " is missing");
      }
      return Json.mapper().readTree(in);
    } catch (IOException e) {
      throw new EvalException("cannot read the resource " + name, e);
    }
  }

  private record RubricScorer(Map<String, List<Rubric>> rubrics) implements Scorer {
    @Override
    public String id() {
      return SCORER;
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      List<Rubric> rubric = rubrics.getOrDefault(item.id(), List.of());
      var measures = new ArrayList<Measure>();
      for (int turn = 0; turn < rubric.size(); turn++) {
        String part = "turn " + (turn + 1);
        String reply = solution.text(turn);
        if (reply.isBlank()) {
          measures.add(Measure.unscored("grade", part, "the model returned nothing"));
          continue;
        }
        Rubric.Grade grade =
            rubric
                .get(turn)
                .grade(item.turns().get(turn), reply, turn == 0 ? "" : solution.text(0));
        measures.add(Measure.scored("grade", part, grade.value(), grade.why()));
        grade
            .shares()
            .forEach(
                (dimension, share) ->
                    measures.add(
                        Measure.scored(
                            "share/" + dimension.label(), part, share, "of its weight")));
      }
      return measures;
    }
  }
}

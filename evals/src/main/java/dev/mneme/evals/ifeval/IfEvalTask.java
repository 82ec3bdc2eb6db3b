package dev.mneme.evals.ifeval;

import dev.mneme.data.EvalItem;
import dev.mneme.data.JsonLines;
import dev.mneme.evals.ChatSolver;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.Measure;
import dev.mneme.evals.Metric;
import dev.mneme.evals.Scorer;
import dev.mneme.evals.Solution;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * IFEval as a task. Its four figures are the metrics {@code prompt_strict} (every instruction of
 * the prompt followed), {@code instruction_strict} (a share of all instructions), and their loose
 * counterparts.
 */
public final class IfEvalTask {
  private IfEvalTask() {}

  /**
   * The prompts of a file in the published format.
   *
   * @throws dev.mneme.data.JsonLinesException naming file and line, for a line of another format
   * @throws IllegalArgumentException naming the prompt, for an instruction nobody can check
   */
  public static EvalTask of(Path inputData) {
    return of(JsonLines.readAll(inputData, IfEvalPrompt.class));
  }

  /** Any prompts. */
  public static EvalTask of(List<IfEvalPrompt> prompts) {
    var items = new ArrayList<EvalItem>();
    var byKey = new HashMap<String, IfEvalPrompt>();
    for (IfEvalPrompt each : prompts) {
      try {
        IfEval.strict(each, "x");
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "IFEval prompt " + each.key() + ": " + e.getMessage(), e);
      }
      byKey.put(each.key(), each);
      items.add(
          new EvalItem(
              each.key(),
              each.instructionIds().getFirst().split(":")[0],
              List.of(each.prompt()),
              List.of(),
              Map.of("instruction_id_list", each.instructionIds(), "kwargs", each.kwargs())));
    }
    return new EvalTask(
        "ifeval",
        items,
        ChatSolver.plain(),
        new IfEvalScorer(byKey),
        Metric.accuracy("prompt_strict"));
  }

  private record IfEvalScorer(Map<String, IfEvalPrompt> prompts) implements Scorer {
    @Override
    public String id() {
      return "ifeval/1";
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      IfEvalPrompt prompt = prompts.get(item.id());
      if (prompt == null) {
        throw new IllegalArgumentException("no IFEval prompt has the key " + item.id());
      }
      var measures = new ArrayList<Measure>();
      String reply = solution.text(0);
      add(measures, prompt, "strict", IfEval.strict(prompt, reply));
      add(measures, prompt, "loose", IfEval.loose(prompt, reply));
      return measures;
    }

    private static void add(
        List<Measure> measures, IfEvalPrompt prompt, String mode, List<Boolean> followed) {
      var failed = new ArrayList<String>();
      for (int i = 0; i < followed.size(); i++) {
        String instruction = prompt.instructionIds().get(i);
        boolean follows = followed.get(i);
        if (!follows) {
          failed.add(instruction);
        }
        measures.add(
            Measure.scored(
                "instruction_" + mode,
                instruction,
                follows ? 1 : 0,
                follows ? "followed" : "not followed"));
      }
      measures.add(
          Measure.scored(
              "prompt_" + mode,
              "",
              failed.isEmpty() ? 1 : 0,
              failed.isEmpty() ? "all followed" : "not followed: " + String.join(", ", failed)));
    }
  }
}

package dev.mneme.evals.judge;

import dev.mneme.data.ModelRef;
import dev.mneme.data.Score;
import dev.mneme.evals.EvalRecord;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.RunInfo.JudgeInfo;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** No judge's grade is shown without that judge's own score on LLMBar. */
public final class JudgeGate {
  /** How many pairs the two sets have; a judge that saw fewer has not been measured. */
  private static final int NATURAL_PAIRS = 100;

  private static final int ADVERSARIAL_PAIRS = 46;

  private JudgeGate() {}

  /**
   * How well a judge judges, by its LLMBar run under the same root; empty where it has none, or
   * none with both sets. What it left unscored counts as wrong.
   */
  public static Optional<JudgeInfo> find(Path root, ModelRef judge) {
    return EvalRun.readAll(root).stream()
        .filter(each -> each.info().task().equals("llmbar") && each.info().model().equals(judge))
        .map(each -> of(each))
        .flatMap(Optional::stream)
        .reduce((_, latest) -> latest);
  }

  /** The figures of an LLMBar run; empty where it lacks pairs of the two sets. */
  public static Optional<JudgeInfo> of(EvalRun llmBar) {
    if (pairs(llmBar, LlmBar.NATURAL) < NATURAL_PAIRS
        || pairs(llmBar, LlmBar.ADVERSARIAL) < ADVERSARIAL_PAIRS) {
      return Optional.empty();
    }
    OptionalDouble natural = mean(llmBar, LlmBar.NATURAL, "accuracy");
    OptionalDouble adversarial = mean(llmBar, LlmBar.ADVERSARIAL, "accuracy");
    if (natural.isEmpty() || adversarial.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new JudgeInfo(
            llmBar.info().model(),
            natural.getAsDouble(),
            adversarial.getAsDouble(),
            mean(llmBar, LlmBar.NATURAL, "longer_wins").orElse(0),
            mean(llmBar, LlmBar.ADVERSARIAL, "longer_wins").orElse(0)));
  }

  private static long pairs(EvalRun run, String category) {
    return run.records().stream().filter(each -> each.category().equals(category)).count();
  }

  private static OptionalDouble mean(EvalRun run, String category, String metric) {
    List<EvalRecord> records =
        run.records().stream().filter(each -> each.category().equals(category)).toList();
    return records.stream()
        .flatMap(each -> each.measures().stream())
        .filter(each -> each.metric().equals(metric))
        .mapToDouble(
            each ->
                switch (each.score()) {
                  case Score.Scored(double value, _) -> value;
                  case Score.Unscored _ -> 0;
                })
        .average();
  }
}

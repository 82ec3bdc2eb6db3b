package dev.mneme.evals.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.agent.Cancellation;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Hashes;
import dev.mneme.evals.Comparison;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalRunner;
import dev.mneme.evals.EvalSummary;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.FakeModel;
import dev.mneme.evals.Progress;
import dev.mneme.evals.RunInfo.JudgeInfo;
import dev.mneme.evals.RunSettings;
import dev.mneme.evals.judge.JudgePrompt;
import dev.mneme.evals.judge.MtBench;
import dev.mneme.evals.judge.MtBenchQuestions;
import dev.mneme.evals.ours.OurPrompts;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

  @TempDir Path root;

  /** Gives our own reply to some prompts, an evasive one to others, and nothing to a few. */
  private EvalRun run(String name, double skill, Instant at) {
    EvalTask task = OurPrompts.task();
    var model =
        new FakeModel(
            name,
            request -> {
              EvalItem item =
                  task.items().stream()
                      .filter(
                          each ->
                              each.turns()
                                  .getFirst()
                                  .equals(request.messages().getFirst().content()))
                      .findFirst()
                      .orElseThrow();
              int turn = request.messages().size() / 2;
              double luck = new Random(Hashes.subSeed(5, item.id(), turn + "")).nextDouble();
              return luck < skill
                  ? item.references().get(turn)
                  : luck > 0.97 ? "" : "I am not sure </script><b>about</b> that: " + name;
            });
    return new EvalRunner(root, Clock.fixed(at, ZoneOffset.UTC))
        .run(task, model, RunSettings.defaults(), new Cancellation(), Progress.NONE);
  }

  private List<EvalRun> runs() {
    return List.of(
        run("starter-1", 0.35, NOW.minusSeconds(90_000)),
        run("starter-2", 0.5, NOW.minusSeconds(50_000)),
        run("starter-3", 0.62, NOW.minusSeconds(9_000)));
  }

  @Test
  void thePageNeedsNothingElse() {
    String page = HtmlReport.render(runs(), NOW, 7);

    assertThat(page).doesNotContainPattern("(src|href)=\"(https?:)?//");
    assertThat(page).contains("<svg", "aria-label=\"Radar of writing", "over time", "viewport");
    assertThat(page).contains("prefers-color-scheme: dark", "seed 7");
  }

  @Test
  void repliesCannotEndTheScript() {
    String page = HtmlReport.render(runs(), NOW, 7);

    assertThat(page).doesNotContain("</script><b>").contains("\\u003c/script>\\u003cb>");
  }

  @Test
  void unscoredRepliesAreCountedInEveryForm() {
    EvalRun run = run("starter", 0.5, NOW);
    EvalSummary summary = EvalSummary.of(run, 1);

    assertThat(summary.primary().unscored()).isPositive();
    String count = summary.primary().unscored() + "";
    assertThat(TextReport.terminal().render(summary))
        .contains("unscored")
        .containsPattern("grade .* " + count);
    assertThat(TextReport.markdown().render(summary)).contains("| " + count + " |");
    assertThat(HtmlReport.render(List.of(run), NOW, 1)).contains("n bad\">" + count + "<");
  }

  @Test
  void comparisonIsATable() {
    List<EvalRun> runs = runs();
    Comparison comparison = Comparison.of(runs.get(0), runs.get(2), 3);

    String text = TextReport.terminal().render(comparison);

    assertThat(text)
        .contains("starter-3 against starter-1", "writing", "turn 2", "at equal length", "seed 3");
    assertThat(TextReport.markdown().render(comparison)).contains("| all | ");
  }

  @Test
  void noJudgesGradeWithoutTheJudgesOwn() {
    var questions =
        new MtBenchQuestions(
            List.of(
                new MtBenchQuestions.Question(
                    "81", "writing", List.of("Write.", "Again."), List.of(), "", "q:1")),
            2);
    EvalTask task =
        MtBench.single(
            questions, "mine", Map.of("81", List.of("a", "b")), Map.of(), JudgePrompt.ours());
    EvalRun judged =
        new EvalRunner(root, Clock.systemUTC())
            .run(
                task,
                new FakeModel("judge", _ -> "[[8]]"),
                RunSettings.defaults(),
                new Cancellation(),
                Progress.NONE);

    assertThat(TextReport.terminal().render(EvalSummary.of(judged, 1)))
        .contains("not shown")
        .doesNotContain("8.0");
    assertThat(HtmlReport.render(List.of(judged), NOW, 1))
        .contains("not shown")
        .doesNotContain("8.000");
    EvalRun known = judged.judgedBy(new JudgeInfo(judged.info().model(), 0.8, 0.6, 0.565, 0.185));
    assertThat(TextReport.terminal().render(EvalSummary.of(known, 1)))
        .contains("8.000", "longer wins 56.5 %", "longer wins 18.5 %");
    assertThat(EvalRun.read(judged.directory()).info().judge()).isNotNull();
  }

  @Test
  void thresholdsSayWhatIsMissing() {
    EvalSummary summary = EvalSummary.of(run("starter", 0.5, NOW), 1);

    assertThat(Threshold.parse("grade>=1.5").failure(summary)).isEmpty();
    assertThat(Threshold.parse("grade >= 9.9").failure(summary).orElseThrow())
        .contains("grade", "9.9");
    assertThat(Threshold.parse("writing>=1").failure(summary)).isEmpty();
    assertThatThrownBy(() -> Threshold.parse("grade above 3"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("grade>=5.5");
    assertThatThrownBy(() -> Threshold.parse("no-such>=1").failure(summary))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("humanities");
  }
}

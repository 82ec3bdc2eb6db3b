package dev.mneme.evals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.agent.Cancellation;
import dev.mneme.data.EvalItem;
import dev.mneme.evals.stats.PairedTest;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  @TempDir Path root;

  private final Scorer lowerCase =
      new Scorer() {
        @Override
        public String id() {
          return "x/1";
        }

        @Override
        public List<Measure> score(EvalItem item, Solution solution) {
          String text = solution.text(0);
          return List.of(
              text.isEmpty()
                  ? Measure.unscored("grade", "", "the model returned nothing")
                  : Measure.scored("grade", "", text.length() % 10 + 1, "length"));
        }
      };

  private final EvalTask task =
      new EvalTask(
          "demo",
          IntStream.range(0, 40)
              .mapToObj(
                  i ->
                      new EvalItem(
                          "q" + i, i < 20 ? "a" : "b", List.of("Q" + i), List.of(), Map.of()))
              .toList(),
          ChatSolver.plain(),
          lowerCase,
          Metric.grade("grade"));

  private EvalRun run(String id, java.util.function.IntFunction<String> answer) {
    var model =
        new FakeModel(
            id,
            request ->
                answer.apply(
                    Integer.parseInt(request.messages().getFirst().content().substring(1))));
    return new EvalRunner(root, Clock.systemUTC())
        .run(task, model, RunSettings.defaults(), new Cancellation(), Progress.NONE);
  }

  @Test
  void theSameRunTwiceDiffersByNothing() {
    EvalRun run = run("a", i -> "x".repeat(i % 7 + 1));

    Comparison same = Comparison.of(run, run, 1);

    assertThat(same.overall().difference()).isZero();
    assertThat(same.overall().pValue()).isEqualTo(1);
    assertThat(same.overall().ties()).isEqualTo(40);
    assertThat(same.winRate()).isEqualTo(0.5);
    assertThat(same.lengthControlledWinRate()).isEqualTo(0.5);
    assertThat(same.categories()).containsOnlyKeys("a", "b");
  }

  @Test
  void anImprovementIsFound() {
    EvalRun worse = run("worse", i -> "x".repeat(i % 5 + 1));
    EvalRun better = run("better", i -> "x".repeat(i % 5 + (i % 4 == 0 ? 1 : 3)));

    Comparison comparison = Comparison.of(worse, better, 1);

    assertThat(comparison.overall().wins()).isEqualTo(30);
    assertThat(comparison.overall().ties()).isEqualTo(10);
    assertThat(comparison.overall().losses()).isZero();
    assertThat(comparison.overall().difference()).isEqualTo(1.5);
    assertThat(comparison.overall().interval().low()).isPositive();
    assertThat(comparison.overall().better(0.01)).isTrue();
  }

  @Test
  void whatIsUnscoredOnOneSideIsCountedNotWon() {
    EvalRun full = run("full", i -> "x".repeat(i % 5 + 1));
    EvalRun shy = run("shy", i -> i < 10 ? "" : "x".repeat(i % 5 + 1));

    Comparison comparison = Comparison.of(full, shy, 1);

    assertThat(comparison.unpaired()).isEqualTo(10);
    assertThat(comparison.unscoredA()).isZero();
    assertThat(comparison.unscoredB()).isEqualTo(10);
    assertThat(comparison.overall().ties()).isEqualTo(30);
  }

  @Test
  void whatIsUnscoredCountsAsTheWorstInTheFloor() {
    EvalRun full = run("full", i -> "x".repeat(i % 5 + 1));
    EvalRun shy = run("shy", i -> i < 10 ? "" : "x".repeat(i % 5 + 1));

    PairedTest floor = Comparison.of(full, shy, 1).floor();

    assertThat(floor).isNotNull();
    assertThat(floor.losses()).isEqualTo(10);
    assertThat(floor.ties()).isEqualTo(30);
    // Grades of 2 to 6 against the lowest, 1, ten times in forty.
    assertThat(floor.difference()).isEqualTo(-0.75);
  }

  @Test
  void runsOfDifferentTasksDoNotCompare() {
    EvalRun run = run("a", _ -> "x");
    var other =
        new EvalRun(
            run.directory(),
            new RunInfo(
                "y",
                "other",
                run.info().model(),
                "chat/1",
                "x/1",
                "",
                run.info().primary(),
                run.info().sampling(),
                1,
                List.of(),
                null),
            run.records());

    assertThatThrownBy(() -> Comparison.of(run, other, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("other");
  }

  @Test
  void pairedEvaluationRunsBothAndCompares() {
    var paired = new PairedEvaluation(new EvalRunner(root, Clock.systemUTC()));
    var active = new FakeModel("active", _ -> "xx");
    var candidate = new FakeModel("candidate", _ -> "xxxx");

    Comparison comparison =
        paired.compare(task, active, candidate, RunSettings.defaults(), new Cancellation());

    assertThat(comparison.overall().difference()).isEqualTo(2);
    assertThat(comparison.runB().model().id()).isEqualTo("candidate");
  }
}

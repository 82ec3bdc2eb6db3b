package dev.mneme.cli.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.agent.sim.Scenario;
import dev.mneme.data.Role;
import dev.mneme.data.curriculum.Curriculum;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExperimentTest {
  private static final int CURRICULUM_EXAMPLES = 30_000;

  /** Everything a scenario's people can say, in small letters, values filled in. */
  private static Set<String> wording(Scenario scenario) {
    Set<String> said = new HashSet<>();
    for (Scenario.UserSpec user : scenario.users()) {
      user.facts()
          .forEach(
              fact -> {
                said.addAll(fact.ask());
                fact.tell()
                    .forEach(
                        tell ->
                            fact.values()
                                .forEach(value -> said.add(tell.replace("{value}", value))));
              });
      user.tasks().forEach(task -> said.addAll(task.ask()));
    }
    return new HashSet<>(said.stream().map(each -> each.toLowerCase(Locale.ROOT)).toList());
  }

  @Test
  void newcomersShareNoWordingNameOrFactWithThePeopleLearntFrom() {
    Scenario guests = Experiment.resource("guests.yaml");
    Scenario newcomers = Experiment.resource("newcomers.yaml");
    assertThat(wording(newcomers)).doesNotContainAnyElementsOf(wording(guests));
    Scenario.UserSpec guest = guests.users().getFirst();
    Scenario.UserSpec newcomer = newcomers.users().getFirst();
    assertThat(newcomer.names()).doesNotContainAnyElementsOf(guest.names());
    assertThat(newcomer.facts().stream().flatMap(each -> each.values().stream()).toList())
        .doesNotContainAnyElementsOf(
            guest.facts().stream().flatMap(each -> each.values().stream()).toList());
    assertThat(guest.voice()).isEqualTo(Scenario.Voice.FIRST);
    assertThat(newcomer.voice()).isEqualTo(Scenario.Voice.SECOND);
    // What they like is the same, or there would be nothing to carry over.
    assertThat(newcomer.tastes()).isEqualTo(guest.tastes());
    assertThat(newcomer.drift()).isEqualTo(guest.drift());
  }

  @Test
  void newcomersSayNothingThatTheStarterWasTrainedOn() {
    Set<String> wording = wording(Experiment.resource("newcomers.yaml"));
    List<String> met = new ArrayList<>();
    Curriculum.load()
        .examples(7, false)
        .limit(CURRICULUM_EXAMPLES)
        .flatMap(each -> each.messages().stream())
        .filter(each -> each.role() == Role.USER)
        .map(each -> each.content().strip().toLowerCase(Locale.ROOT))
        .filter(wording::contains)
        .forEach(met::add);
    assertThat(met).isEmpty();
  }

  @Test
  void armsOfAnExperimentDifferInOneThingOnly() {
    for (Experiment each :
        List.of(
            Experiment.closedLoop(),
            Experiment.weighting(false),
            Experiment.weighting(true),
            Experiment.population(),
            Experiment.robustness())) {
      assertThat(each.arms()).extracting(Arm::name).doesNotHaveDuplicates();
      assertThat(each.arms())
          .extracting(arm -> List.of(arm.settings(), arm.memory(), arm.learns(), arm.adversarial()))
          .doesNotHaveDuplicates();
    }
    assertThat(Experiment.population().learns()).isFalse();
    assertThat(Experiment.closedLoop().learns()).isTrue();
  }

  private static Point point(String arm, long seed, int generation, double... satisfaction) {
    List<Double> values =
        Stream.of(satisfaction).flatMap(d -> java.util.Arrays.stream(d).boxed()).toList();
    double mean = values.stream().mapToDouble(d -> d).average().orElse(0);
    return new Point(
        arm,
        seed,
        generation,
        generation * 10,
        "m" + generation,
        mean,
        mean,
        0,
        5,
        0.5,
        0.5,
        0,
        0,
        0,
        generation == 0 ? null : true,
        generation == 0 ? null : "fine",
        Map.of("mt_bench_style", 3.0 + generation, "kl_first", 0.1 * generation),
        Map.of("000", values, "001", values));
  }

  @Test
  void resultsComparePeopleInPairsAndSayWhichSeedsAgree(@TempDir Path dir) throws Exception {
    var size = new Size(2, 5, 2, 2, 3, true);
    List<Point> points = new ArrayList<>();
    for (long seed = 1; seed <= 2; seed++) {
      points.add(point("closed loop", seed, 0, 0.2, 0.4, 0.3));
      points.add(point("closed loop", seed, 1, 0.5, 0.5, 0.5));
      points.add(point("closed loop", seed, 2, 0.8, 0.9, 0.7));
      for (int generation = 0; generation <= 2; generation++) {
        points.add(point("frozen", seed, generation, 0.1, 0.2, 0.3));
      }
    }
    var results =
        new Results(Experiment.closedLoop(), size, List.of(1L, 2L), List.of("a.b=1"), points);
    List<Results.Comparison> comparisons = results.comparisons();
    assertThat(comparisons)
        .extracting(Results.Comparison::what)
        .containsExactly("closed loop: generation 2 against 0", "closed loop against frozen");
    Results.Comparison rise = comparisons.getFirst();
    // 0.8 - 0.3 for each of four people.
    assertThat(rise.test().difference()).isCloseTo(0.5, within(1e-9));
    assertThat(rise.test().wins()).isEqualTo(4);
    assertThat(rise.seedsHigher()).isEqualTo(2);
    results.write(dir);
    assertThat(Files.readAllLines(dir.resolve("results.jsonl"))).hasSize(12);
    assertThat(Files.readString(dir.resolve("summary.md")))
        .contains(
            "| closed loop | 0.300 [", "+0.500", "2 of 2", "`a.b=1`", "| closed loop | 4 | 4 |");
    for (String plot : List.of("satisfaction.svg", "grade.svg", "divergence.svg")) {
      assertThat(Files.readString(dir.resolve(plot))).startsWith("<svg").contains("<path", "<line");
    }
  }

  private static Results.Way way(double interactions, int reached) {
    return new Results.Way(interactions, reached, 1);
  }

  @Test
  void whatAChangeOfMindCostsIsCountedInInteractions() {
    var size = new Size(6, 5, 2, 2, 3, true);
    List<Point> points = new ArrayList<>();
    double[] quick = {0.25, 0.75, 0.25, 0.75, 0.8};
    double[] slow = {0.25, 0.5, 0.25, 0.5, 0.8};
    double[] never = {0.25, 0.75, 0.25, 0.3, 0.3};
    for (int generation = 0; generation <= 4; generation++) {
      points.add(point("all", 1, generation, quick[generation]));
      points.add(point("none", 1, generation, slow[generation]));
      points.add(point("recency", 1, generation, never[generation]));
    }
    var results = new Results(Experiment.weighting(true), size, List.of(1L), List.of(), points);
    // Ten interactions a generation, two generations measured since. The quick one pleased people
    // more, so it needs as many interactions for that; for what the slow one had, it needs half.
    assertThat(results.regained())
        .containsExactly(
            new Results.Regained("all", 0.75, 0.25, 0.8, way(10, 1), way(5, 1)),
            new Results.Regained("none", 0.5, 0.25, 0.8, way(10, 1), way(10, 1)),
            new Results.Regained("recency", 0.75, 0.25, 0.3, way(20, 0), way(20, 0)));
    assertThat(results.markdown())
        .contains("| all | 0.750 | 0.250 | 0.800 | 10 | 1.00 | 1 of 1 | 5 | 0.50 | 1 of 1 |")
        .contains("| recency | 0.750 | 0.250 | 0.300 | ≥ 20 | 2.00 | 0 of 1 | ≥ 20 | 2.00 |");
  }

  @Test
  void aChangeOfMindThatCostsNothingLeavesNothingToRegain() {
    var size = new Size(2, 5, 2, 2, 3, true);
    List<Point> points = new ArrayList<>();
    double[] better = {0.2, 0.6, 0.5};
    for (int generation = 0; generation <= 2; generation++) {
      points.add(point("all", 1, generation, better[generation]));
    }
    var results = new Results(Experiment.weighting(true), size, List.of(1L), List.of(), points);
    // The last generation is worse again, which is no matter of the change.
    assertThat(results.regained())
        .containsExactly(
            new Results.Regained(
                "all", 0.2, 0.6, 0.5, way(0, 1), new Results.Way(Double.NaN, 0, 0)));
    assertThat(results.markdown())
        .contains("**1 of 5 trials are finished.**")
        .contains("| 0 | – | 1 of 1 | – | – | 0 of 0 |");
  }

  @Test
  void promotedWeightsAreHeldAgainstTheFirstInEveryGeneration() {
    var size = new Size(2, 16, 2, 2, 3, true);
    List<Point> points = new ArrayList<>();
    for (int generation = 0; generation <= 2; generation++) {
      points.add(point("frozen", 1, generation, 0.3, 0.3, 0.3));
    }
    points.add(point("20 %", 1, 0, 0.3, 0.3, 0.3));
    points.add(point("20 %", 1, 1, 0.4, 0.4, 0.4));
    points.add(point("20 %", 1, 2, 0.2, 0.2, 0.2));
    var results = new Results(Experiment.robustness(), size, List.of(1L), List.of(), points);
    List<Results.AgainstFirst> against = results.againstFirst();
    assertThat(against).hasSize(1);
    assertThat(against.getFirst().learnt()).isEqualTo(2);
    assertThat(against.getFirst().lower()).isEqualTo(1);
    assertThat(against.getFirst().surelyLower()).isEqualTo(1);
    assertThat(against.getFirst().worst()).isCloseTo(-0.1, within(1e-9));
    assertThat(results.comparisons())
        .extracting(Results.Comparison::what)
        .contains("20 % against frozen");
    assertThat(results.markdown())
        .contains("| 20 % | 2 | 1 | 1 | 0.100 |", "3 or 4 of 16 people, by seed")
        .contains("satisfaction-20.svg")
        .doesNotContain("satisfaction-5.svg");
  }

  @Test
  void theTimeLeftIsAPaceOfWhatWasRunAndNotOfWhatWasFound() {
    var now = new AtomicLong();
    var pace = new Pace(10, now::get);
    assertThat(pace).hasToString("[0 of 10]");
    pace.found(4);
    now.addAndGet(60_000_000_000L);
    pace.ran();
    assertThat(pace).hasToString("[5 of 10, 5m left]");
  }
}

package dev.mneme.evals;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Score;
import dev.mneme.evals.stats.Cluster;
import dev.mneme.evals.stats.LengthControl;
import dev.mneme.evals.stats.PairedTest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Two runs on the same items: does B score higher than A?
 *
 * <p>Measures are paired by item, part and epoch; whatever is unscored on either side is left out
 * of the test and counted in {@code unpaired}. In {@code floor} it counts as the lowest value there
 * is, so that a model cannot win by not answering what it would lose.
 *
 * @param runA the run that B is compared with
 * @param runB the run in question
 * @param metric what is compared
 * @param overall the test over all items
 * @param floor the same with what is unscored counted as the lowest value; null where the metric is
 *     not the task's own, whose lowest value nobody knows
 * @param categories the same by category; with few items each, so read them with care
 * @param parts the same by part, for example by turn; empty where items have one part
 * @param unpaired measures without a counterpart: unscored or missing on one side
 * @param unscoredA measures of A without a value
 * @param unscoredB measures of B without a value
 * @param winRate B's wins and half the ties, as a share
 * @param lengthControlledWinRate the same at equal length of reply
 * @param meanLengthA of A's replies, characters
 * @param meanLengthB of B's replies, characters
 * @param seed of the interval and the test
 */
public record Comparison(
    RunInfo runA,
    RunInfo runB,
    String metric,
    PairedTest overall,
    @Nullable PairedTest floor,
    Map<String, PairedTest> categories,
    Map<String, PairedTest> parts,
    int unpaired,
    int unscoredA,
    int unscoredB,
    double winRate,
    double lengthControlledWinRate,
    double meanLengthA,
    double meanLengthB,
    long seed) {
  public Comparison {
    requireNonNull(overall, "overall is null");
    categories = Collections.unmodifiableMap(new LinkedHashMap<>(categories));
    parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
  }

  private record Place(String item, int epoch, String part) {}

  private record Value(double value, int length, String category) {}

  /** What one item's pairs add up to. */
  private static final class Game {
    final List<Double> a = new ArrayList<>();
    final List<Double> b = new ArrayList<>();
    int lengthA;
    int lengthB;
  }

  /**
   * Compares by the primary metric of A's task.
   *
   * @throws IllegalArgumentException when the runs are of different tasks or share no scored item
   */
  public static Comparison of(EvalRun a, EvalRun b, long seed) {
    return of(a, b, a.info().primary().name(), seed);
  }

  /** Compares by a metric. */
  public static Comparison of(EvalRun a, EvalRun b, String metric, long seed) {
    if (!a.info().task().equals(b.info().task())) {
      throw new IllegalArgumentException(
          "only runs of one task compare: "
              + a.info().id()
              + " is of "
              + a.info().task()
              + ", "
              + b.info().id()
              + " of "
              + b.info().task());
    }
    if (!a.info().scorer().equals(b.info().scorer())) {
      throw new IllegalArgumentException(
          "the runs were scored differently, by "
              + a.info().scorer()
              + " and by "
              + b.info().scorer()
              + "; run the older one again, which scores its logged replies anew");
    }
    Map<Place, Value> valuesA = values(a, metric);
    Map<Place, Value> valuesB = values(b, metric);
    Map<String, Game> games = games(valuesA, valuesB);
    Map<String, Map<String, Game>> byCategory = new TreeMap<>();
    Map<String, Map<String, Game>> byPart = new TreeMap<>();
    int unpaired = 0;
    for (var each : valuesA.entrySet()) {
      Value inA = each.getValue();
      Value inB = valuesB.get(each.getKey());
      if (inB == null) {
        unpaired++;
        continue;
      }
      String item = each.getKey().item();
      add(byCategory.computeIfAbsent(inA.category(), _ -> new TreeMap<>()), item, inA, inB);
      add(byPart.computeIfAbsent(each.getKey().part(), _ -> new TreeMap<>()), item, inA, inB);
    }
    unpaired += (int) valuesB.keySet().stream().filter(each -> !valuesA.containsKey(each)).count();
    if (games.isEmpty()) {
      throw new IllegalArgumentException(
          a.info().id() + " and " + b.info().id() + " share no item with a " + metric);
    }
    PairedTest overall = test(games, seed);
    List<LengthControl.Game> lengths =
        games.values().stream()
            .map(each -> new LengthControl.Game(outcome(each), each.lengthA, each.lengthB))
            .toList();
    return new Comparison(
        a.info(),
        b.info(),
        metric,
        overall,
        metric.equals(a.info().primary().name()) ? floor(a, b, seed) : null,
        tests(byCategory, seed),
        byPart.size() > 1 ? tests(byPart, seed) : Map.of(),
        unpaired,
        unscored(a, metric),
        unscored(b, metric),
        overall.winRate(),
        LengthControl.winRate(lengths),
        games.values().stream().mapToInt(each -> each.lengthA).average().orElse(0),
        games.values().stream().mapToInt(each -> each.lengthB).average().orElse(0),
        seed);
  }

  private static void add(Map<String, Game> games, String item, Value a, Value b) {
    Game game = games.computeIfAbsent(item, _ -> new Game());
    game.a.add(a.value());
    game.b.add(b.value());
    game.lengthA = a.length();
    game.lengthB = b.length();
  }

  private static Map<String, PairedTest> tests(Map<String, Map<String, Game>> groups, long seed) {
    var tests = new LinkedHashMap<String, PairedTest>();
    groups.forEach((name, games) -> tests.put(name, test(games, seed)));
    return tests;
  }

  private static PairedTest test(Map<String, Game> games, long seed) {
    var a = new ArrayList<Cluster>();
    var b = new ArrayList<Cluster>();
    games.forEach(
        (id, game) -> {
          a.add(new Cluster(id, game.a));
          b.add(new Cluster(id, game.b));
        });
    return PairedTest.of(a, b, seed);
  }

  private static double outcome(Game game) {
    double difference = 0;
    for (int i = 0; i < game.a.size(); i++) {
      difference += game.b.get(i) - game.a.get(i);
    }
    return difference > 1e-9 ? 1 : difference < -1e-9 ? 0 : 0.5;
  }

  private static PairedTest floor(EvalRun a, EvalRun b, long seed) {
    Metric metric = a.info().primary();
    return test(
        games(values(a, metric.name(), metric.lowest()), values(b, metric.name(), metric.lowest())),
        seed);
  }

  /** By item, what stands on both sides. */
  private static Map<String, Game> games(Map<Place, Value> valuesA, Map<Place, Value> valuesB) {
    var games = new TreeMap<String, Game>(EvalRun::compareIds);
    valuesA.forEach(
        (place, inA) -> {
          Value inB = valuesB.get(place);
          if (inB != null) {
            add(games, place.item(), inA, inB);
          }
        });
    return games;
  }

  private static Map<Place, Value> values(EvalRun run, String metric) {
    return values(run, metric, null);
  }

  /**
   * @param unscored what stands for a missing score; null leaves it out
   */
  private static Map<Place, Value> values(EvalRun run, String metric, @Nullable Double unscored) {
    var values = new LinkedHashMap<Place, Value>();
    for (EvalRecord each : run.records()) {
      for (Measure measure : each.measures()) {
        if (!measure.metric().equals(metric)) {
          continue;
        }
        Double value =
            switch (measure.score()) {
              case Score.Scored(double scored, _) -> scored;
              case Score.Unscored _ -> unscored;
            };
        if (value != null) {
          values.put(
              new Place(each.item(), each.epoch(), measure.part()),
              new Value(value, length(each), each.category()));
        }
      }
    }
    return values;
  }

  private static int length(EvalRecord each) {
    Solution solution = each.solution();
    return solution == null
        ? 0
        : solution.replies().stream().mapToInt(reply -> reply.text().length()).sum();
  }

  private static int unscored(EvalRun run, String metric) {
    return (int)
        run.records().stream()
            .flatMap(each -> each.measures().stream())
            .filter(each -> each.metric().equals(metric) && each.score() instanceof Score.Unscored)
            .count();
  }
}

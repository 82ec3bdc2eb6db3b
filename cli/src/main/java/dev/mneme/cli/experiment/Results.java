package dev.mneme.cli.experiment;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.mneme.data.JsonLines;
import dev.mneme.evals.report.Charts;
import dev.mneme.evals.stats.Cluster;
import dev.mneme.evals.stats.ClusterMean;
import dev.mneme.evals.stats.PairedTest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * What the points say: means with intervals, and comparisons of the same people in pairs.
 *
 * <p>A person with one seed is one cluster. People of one seed share the weights that were trained
 * with it, so the p-values over people are about these trainings; whether other trainings would
 * agree is what the number of seeds that do says.
 */
public final class Results {
  private static final long SEED = 0;

  private final Experiment experiment;
  private final Size size;
  private final List<String> settings;
  private final List<Point> points;

  Results(Experiment experiment, Size size, List<String> settings, List<Point> points) {
    this.experiment = experiment;
    this.size = size;
    this.settings = List.copyOf(settings);
    this.points = List.copyOf(points);
  }

  public List<Point> points() {
    return points;
  }

  /**
   * How one condition compares with another.
   *
   * @param what the two conditions
   * @param test over people, the later or first-named condition as B
   * @param seedsHigher in how many seeds B is higher
   * @param seeds of how many
   */
  record Comparison(String what, PairedTest test, int seedsHigher, int seeds) {}

  /** Writes {@code results.jsonl}, {@code summary.md} and the plots. */
  void write(Path folder) {
    var lines = new StringBuilder();
    points.forEach(each -> lines.append(JsonLines.line(each)));
    ExperimentRun.write(folder.resolve("results.jsonl"), lines.toString());
    ExperimentRun.write(folder.resolve("summary.md"), markdown());
    plot(folder.resolve("satisfaction.svg"), "satisfaction", Point::satisfaction);
    if (learns()) {
      plot(folder.resolve("grade.svg"), "grade of 10", each -> measure(each, "mt_bench_style"));
      plot(
          folder.resolve("divergence.svg"), "KL from the first", each -> measure(each, "kl_first"));
    }
  }

  private static double measure(Point point, String name) {
    return point.measures().getOrDefault(name, Double.NaN);
  }

  private boolean learns() {
    return points.stream().anyMatch(each -> each.measures().containsKey("mt_bench_style"));
  }

  private List<String> arms() {
    return experiment.arms().stream()
        .map(Arm::name)
        .filter(name -> points.stream().anyMatch(each -> each.arm().equals(name)))
        .toList();
  }

  private List<Point> of(String arm, int generation) {
    return points.stream()
        .filter(each -> each.arm().equals(arm) && each.generation() == generation)
        .toList();
  }

  private int last() {
    return points.stream().mapToInt(Point::generation).max().orElse(0);
  }

  private static List<Cluster> clusters(List<Point> points) {
    List<Cluster> clusters = new ArrayList<>();
    for (Point point : points) {
      point
          .people()
          .forEach((who, values) -> clusters.add(new Cluster(point.seed() + "/" + who, values)));
    }
    return clusters;
  }

  /** Same people, same seeds on both sides; a reply that failed on one side is left out of both. */
  private static Comparison compare(String what, List<Point> a, List<Point> b) {
    Map<String, Cluster> left = new TreeMap<>();
    clusters(a).forEach(each -> left.put(each.id(), each));
    List<Cluster> as = new ArrayList<>();
    List<Cluster> bs = new ArrayList<>();
    for (Cluster each : clusters(b)) {
      Cluster other = left.get(each.id());
      if (other != null) {
        int n = Math.min(each.values().size(), other.values().size());
        as.add(new Cluster(each.id(), other.values().subList(0, n)));
        bs.add(new Cluster(each.id(), each.values().subList(0, n)));
      }
    }
    int higher = 0;
    int seeds = 0;
    for (Point point : b) {
      for (Point other : a) {
        if (other.seed() == point.seed()) {
          seeds++;
          higher += point.satisfaction() > other.satisfaction() ? 1 : 0;
        }
      }
    }
    return new Comparison(what, PairedTest.of(as, bs, SEED), higher, seeds);
  }

  /** The last generation against the first of each arm that learns, then the arms among them. */
  List<Comparison> comparisons() {
    List<Comparison> all = new ArrayList<>();
    int last = last();
    for (Arm arm : experiment.arms()) {
      if (arm.learns() && !of(arm.name(), last).isEmpty() && last > 0) {
        all.add(
            compare(
                arm.name() + ": generation " + last + " against 0",
                of(arm.name(), 0),
                of(arm.name(), last)));
      }
    }
    List<String> arms = arms();
    for (String other : arms.subList(Math.min(1, arms.size()), arms.size())) {
      List<Point> first = of(arms.getFirst(), last);
      List<Point> second = of(other, last);
      if (!first.isEmpty() && !second.isEmpty()) {
        all.add(compare(arms.getFirst() + " against " + other, second, first));
      }
    }
    return all;
  }

  /**
   * How many interactions an arm needed after people changed their mind until newcomers were as
   * satisfied as before, interpolated between generations and averaged over seeds.
   *
   * @param interactions the mean over seeds that got there
   * @param reached in how many seeds
   */
  record Regained(String arm, double interactions, int reached, int seeds) {}

  List<Regained> regained() {
    List<Regained> all = new ArrayList<>();
    int drift = experiment.driftAt(size);
    for (String arm : arms()) {
      List<Double> needed = new ArrayList<>();
      int seeds = 0;
      for (Point changed : of(arm, drift)) {
        seeds++;
        List<Point> trial =
            points.stream()
                .filter(each -> each.arm().equals(arm) && each.seed() == changed.seed())
                .toList();
        double former = trial.get(drift - 1).satisfaction();
        for (int g = drift + 1; g < trial.size(); g++) {
          double before = trial.get(g - 1).satisfaction();
          double now = trial.get(g).satisfaction();
          if (now >= former) {
            double part = now == before ? 1 : Math.clamp((former - before) / (now - before), 0, 1);
            needed.add((g - 1 - drift + part) * size.steps() * size.agents());
            break;
          }
        }
      }
      all.add(
          new Regained(
              arm,
              needed.stream().mapToDouble(d -> d).average().orElse(Double.NaN),
              needed.size(),
              seeds));
    }
    return all;
  }

  /** The page for people. */
  public String markdown() {
    var text = new StringBuilder();
    text.append("# ").append(experiment.name()).append("\n\n").append(experiment.question());
    text.append("\n\n");
    text.append(
        format(
            "%d seeds from %d on; %d people with %d exchanges each a generation to learn from; %d"
                + " newcomers with %d exchanges each to measure with, never learnt from.%n%n",
            size.seeds(),
            size.firstSeed(),
            size.agents(),
            size.steps(),
            size.newcomers(),
            size.questions()));
    text.append("Settings: `").append(String.join("` `", settings)).append("`\n\n");
    for (Arm arm : experiment.arms()) {
      text.append("- **").append(arm.name()).append("**: ").append(arm.says()).append('\n');
    }
    satisfaction(text);
    others(text);
    tests(text);
    if (experiment.drift()) {
      drift(text);
    }
    cycles(text);
    text.append("\n![satisfaction](satisfaction.svg)\n");
    if (learns()) {
      text.append("![grade](grade.svg) ![divergence](divergence.svg)\n");
    }
    return text.toString();
  }

  private void satisfaction(StringBuilder text) {
    text.append(
        "\n## Satisfaction of newcomers (0 to 1) by generation, with 95 % intervals\n\n| arm |");
    int last = last();
    for (int g = 0; g <= last; g++) {
      text.append(' ').append(g).append(" |");
    }
    text.append("\n|---|").append("---|".repeat(last + 1)).append('\n');
    for (String arm : arms()) {
      text.append("| ").append(arm).append(" |");
      for (int g = 0; g <= last; g++) {
        List<Cluster> clusters = clusters(of(arm, g));
        if (clusters.isEmpty()) {
          text.append(" |");
        } else {
          ClusterMean mean = ClusterMean.of(clusters, SEED);
          text.append(
              format(
                  " %.3f [%.3f, %.3f] |",
                  mean.mean(), mean.interval().low(), mean.interval().high()));
        }
      }
      text.append('\n');
    }
  }

  private void others(StringBuilder text) {
    text.append("\n## First and last generation, means over seeds\n\n");
    text.append(
        "| arm | generation | form | right answers | grade of 10 | KL from first | words |"
            + " distinct-2 | self-BLEU | leaks |\n"
            + "|---|---|---|---|---|---|---|---|---|---|\n");
    for (String arm : arms()) {
      for (int g : last() == 0 ? new int[] {0} : new int[] {0, last()}) {
        List<Point> some = of(arm, g);
        if (!some.isEmpty()) {
          text.append(
              format(
                  "| %s | %d | %.3f | %.3f | %s | %s | %.1f | %.3f | %.3f | %d |%n",
                  arm,
                  g,
                  mean(some, Point::form),
                  mean(some, Point::success),
                  known(mean(some, each -> measure(each, "mt_bench_style")), "%.2f"),
                  known(mean(some, each -> measure(each, "kl_first")), "%.3f"),
                  mean(some, Point::words),
                  mean(some, Point::distinct2),
                  mean(some, Point::selfBleu),
                  some.stream().mapToInt(Point::leaks).sum()));
        }
      }
    }
  }

  private void tests(StringBuilder text) {
    List<Comparison> comparisons = comparisons();
    if (comparisons.isEmpty()) {
      return;
    }
    text.append("\n## The same people in pairs\n\n");
    text.append(
        """
        | | difference | 95 % interval | p (over people) | seeds that agree |
        |---|---|---|---|---|
        """);
    for (Comparison each : comparisons) {
      text.append(
          format(
              "| %s | %+.3f | %+.3f to %+.3f | %.4f | %d of %d |%n",
              each.what(),
              each.test().difference(),
              each.test().interval().low(),
              each.test().interval().high(),
              each.test().pValue(),
              each.seedsHigher(),
              each.seeds()));
    }
  }

  private void drift(StringBuilder text) {
    text.append("\n## After the change of mind (generation ").append(experiment.driftAt(size));
    text.append(
        ")\n\n| arm | interactions until as satisfied as before | seeds that got there |\n");
    text.append("|---|---|---|\n");
    for (Regained each : regained()) {
      text.append(
          format(
              "| %s | %s | %d of %d |%n",
              each.arm(), known(each.interactions(), "%.0f"), each.reached(), each.seeds()));
    }
  }

  private void cycles(StringBuilder text) {
    List<Point> ran = points.stream().filter(each -> each.note() != null).toList();
    if (ran.isEmpty()) {
      return;
    }
    text.append("\n## Cycles\n\n| arm | promoted | of |\n|---|---|---|\n");
    for (String arm : arms()) {
      List<Point> mine = ran.stream().filter(each -> each.arm().equals(arm)).toList();
      if (!mine.isEmpty()) {
        text.append(
            format(
                "| %s | %d | %d |%n",
                arm,
                mine.stream().filter(each -> Boolean.TRUE.equals(each.promoted())).count(),
                mine.size()));
      }
    }
    List<String> rejected =
        ran.stream()
            .filter(each -> !Boolean.TRUE.equals(each.promoted()))
            .map(
                each ->
                    "- "
                        + each.arm()
                        + ", seed "
                        + each.seed()
                        + ", cycle "
                        + each.generation()
                        + ": "
                        + each.note())
            .toList();
    if (!rejected.isEmpty()) {
      text.append("\nNot promoted:\n\n").append(String.join("\n", rejected)).append('\n');
    }
  }

  private void plot(Path file, String title, ToDoubleFunction<Point> value) {
    List<Charts.Band> bands = new ArrayList<>();
    int last = last();
    for (String arm : arms()) {
      List<Double> means = new ArrayList<>();
      List<Double> halves = new ArrayList<>();
      for (int g = 0; g <= last && !of(arm, g).isEmpty(); g++) {
        double[] bySeed = of(arm, g).stream().mapToDouble(value).toArray();
        double mean = Arrays.stream(bySeed).average().orElse(Double.NaN);
        if (Double.isNaN(mean)) {
          break;
        }
        means.add(mean);
        halves.add(half(bySeed, mean));
      }
      if (!means.isEmpty()) {
        bands.add(new Charts.Band(arm, means, halves));
      }
    }
    if (!bands.isEmpty()) {
      ExperimentRun.write(file, Charts.overGenerations(title, bands));
    }
  }

  /** Two standard errors over seeds; nothing for a single one. */
  private static double half(double[] values, double mean) {
    double squares = 0;
    for (double each : values) {
      squares += (each - mean) * (each - mean);
    }
    return values.length < 2 ? 0 : 2 * Math.sqrt(squares / (values.length - 1) / values.length);
  }

  private static double mean(List<Point> some, ToDoubleFunction<Point> value) {
    return some.stream().mapToDouble(value).average().orElse(Double.NaN);
  }

  private static String known(double value, String format) {
    return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, format, value);
  }

  @FormatMethod
  private static String format(@FormatString String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}

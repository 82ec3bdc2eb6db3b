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
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
  private final List<Long> seeds;
  private final List<String> settings;
  private final List<Point> points;

  /**
   * @param seeds those begun, in order
   * @param settings configuration keys all arms have in common, as {@code --set} takes them
   */
  Results(
      Experiment experiment,
      Size size,
      Collection<Long> seeds,
      List<String> settings,
      List<Point> points) {
    this.experiment = experiment;
    this.size = size;
    this.seeds = List.copyOf(seeds);
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
    satisfactionPlots()
        .forEach(
            (file, arms) -> plot(folder.resolve(file), "satisfaction", arms, Point::satisfaction));
    if (learns()) {
      plot(
          folder.resolve("grade.svg"),
          "grade of 10",
          arms(),
          each -> measure(each, "mt_bench_style"));
      plot(
          folder.resolve("divergence.svg"),
          "KL from the first",
          arms(),
          each -> measure(each, "kl_first"));
    }
  }

  /**
   * Files and the arms in them: one plot, or one for each share of people who reward what is bad.
   */
  private Map<String, List<String>> satisfactionPlots() {
    Map<Double, List<String>> byShare = new TreeMap<>();
    List<String> still = new ArrayList<>();
    for (Arm arm : experiment.arms()) {
      if (arms().contains(arm.name())) {
        (arm.learns() ? byShare.computeIfAbsent(arm.adversarial(), s -> new ArrayList<>()) : still)
            .add(arm.name());
      }
    }
    if (experiment.arms().stream()
            .filter(Arm::learns)
            .mapToDouble(Arm::adversarial)
            .distinct()
            .count()
        < 2) {
      return Map.of("satisfaction.svg", arms());
    }
    Map<String, List<String>> plots = new LinkedHashMap<>();
    byShare.forEach(
        (share, arms) ->
            plots.put(
                format("satisfaction-%.0f.svg", share * 100),
                Stream.of(still, arms).flatMap(List::stream).toList()));
    return plots;
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
      if (first.isEmpty() || second.isEmpty()) {
        continue;
      }
      all.add(
          experiment.firstIsBaseline()
              ? compare(other + " against " + arms.getFirst(), first, second)
              : compare(arms.getFirst() + " against " + other, second, first));
    }
    return all;
  }

  /**
   * How many interactions an arm needed after people changed their mind until newcomers were as
   * satisfied as before, interpolated between generations and averaged over seeds. A seed that did
   * not get there counts with all interactions it had, so its arm's mean is a lower bound. Whoever
   * pleased people more before has more to regain, so the way to one level for all is counted too:
   * to what unweighted pairs had before.
   *
   * @param former satisfaction in the last generation before the change, mean over seeds
   * @param changed in the first one after it
   * @param last in the last one
   * @param own the way to its own former satisfaction
   * @param common the way to the former satisfaction of unweighted pairs; of no seeds where that
   *     arm was not run
   */
  record Regained(String arm, double former, double changed, double last, Way own, Way common) {}

  /**
   * The way to a level of satisfaction.
   *
   * @param interactions the mean over seeds
   * @param reached in how many seeds it got there
   * @param seeds of how many
   */
  record Way(double interactions, int reached, int seeds) {
    private String text() {
      return seeds == 0 ? "–" : format("%s%.0f", reached < seeds ? "≥ " : "", interactions);
    }

    private String share(Way of) {
      return of.seeds() == seeds && of.interactions() > 0
          ? format("%.2f", interactions / of.interactions())
          : "–";
    }
  }

  List<Regained> regained() {
    int drift = experiment.driftAt(size);
    return arms().stream()
        .map(
            arm ->
                new Regained(
                    arm,
                    mean(of(arm, drift - 1), Point::satisfaction),
                    mean(of(arm, drift), Point::satisfaction),
                    mean(of(arm, last()), Point::satisfaction),
                    way(arm, arm),
                    way(arm, Experiment.UNWEIGHTED)))
        .toList();
  }

  /** What {@code arm} needs to please people as {@code level} did before they changed. */
  private Way way(String arm, String level) {
    int drift = experiment.driftAt(size);
    int ofGeneration = size.steps() * size.agents();
    List<Double> needed = new ArrayList<>();
    int reached = 0;
    for (Point each : of(level, drift - 1)) {
      List<Point> since =
          points.stream()
              .filter(other -> other.arm().equals(arm) && other.seed() == each.seed())
              .filter(other -> other.generation() >= drift)
              .toList();
      if (since.isEmpty()) {
        continue;
      }
      double generations = generationsUntil(each.satisfaction(), since);
      reached += Double.isNaN(generations) ? 0 : 1;
      needed.add(ofGeneration * (Double.isNaN(generations) ? since.size() - 1 : generations));
    }
    return new Way(
        needed.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN),
        reached,
        needed.size());
  }

  /** NaN where it was never reached. */
  private static double generationsUntil(double former, List<Point> since) {
    if (since.getFirst().satisfaction() >= former) {
      return 0;
    }
    for (int g = 1; g < since.size(); g++) {
      double before = since.get(g - 1).satisfaction();
      double now = since.get(g).satisfaction();
      if (now >= former) {
        return g - 1 + (former - before) / (now - before);
      }
    }
    return Double.NaN;
  }

  /**
   * How an arm's weights compare with weights that learnt nothing, over all seeds and generations
   * in which other weights than the first served.
   *
   * @param learnt how many those are
   * @param lower in how many newcomers were less satisfied than with the first weights
   * @param surelyLower in how many of those the 95 % interval over people leaves out zero
   * @param worst the lowest difference
   */
  record AgainstFirst(String arm, int learnt, int lower, int surelyLower, double worst) {}

  List<AgainstFirst> againstFirst() {
    List<AgainstFirst> all = new ArrayList<>();
    for (Arm arm : experiment.arms()) {
      List<Point> mine = points.stream().filter(each -> each.arm().equals(arm.name())).toList();
      if (!arm.learns() || mine.isEmpty()) {
        continue;
      }
      int learnt = 0;
      int lower = 0;
      int surely = 0;
      double worst = Double.NaN;
      for (Point first : of(arm.name(), 0)) {
        for (Point each : mine) {
          if (each.seed() != first.seed() || each.model().equals(first.model())) {
            continue;
          }
          PairedTest test = compare("", List.of(first), List.of(each)).test();
          learnt++;
          lower += test.difference() < 0 ? 1 : 0;
          surely += test.interval().high() < 0 ? 1 : 0;
          worst = Double.isNaN(worst) ? test.difference() : Math.min(worst, test.difference());
        }
      }
      all.add(new AgainstFirst(arm.name(), learnt, lower, surely, worst));
    }
    return all;
  }

  /** The page for people. */
  public String markdown() {
    var text = new StringBuilder();
    text.append("# ").append(experiment.name()).append("\n\n").append(experiment.question());
    text.append("\n\n");
    text.append(
        experiment.learns()
            ? format(
                "%s; %d people with %d exchanges each a generation to learn from; %d"
                    + " newcomers with %d exchanges each to measure with, never learnt from.%n%n",
                seeds(), size.agents(), size.steps(), size.newcomers(), size.questions())
            : format(
                "%s; %d people and as many newcomers, %d steps. Nothing is trained.%n%n",
                seeds(), size.newcomers(), size.questions()));
    int finished = (int) points.stream().filter(each -> each.generation() == 0).count();
    int trials = seeds.size() * experiment.arms().size();
    if (finished < trials) {
      text.append(format("**%d of %d trials are finished.**%n%n", finished, trials));
    }
    if (experiment.learns()) {
      text.append("Settings of all: `").append(String.join("` `", settings)).append("`\n\n");
    }
    for (Arm arm : experiment.arms()) {
      text.append("- **").append(arm.name()).append("**: ").append(arm.says());
      if (!arm.settings().isEmpty()) {
        text.append(" (`").append(String.join("` `", arm.settings())).append("`)");
      }
      if (arm.adversarial() > 0) {
        double people = arm.adversarial() * size.agents();
        text.append(
            Math.rint(people) == people
                ? format(", %.0f of %d people", people, size.agents())
                : format(
                    ", %.0f or %.0f of %d people, by seed",
                    Math.floor(people), Math.ceil(people), size.agents()));
      }
      text.append('\n');
    }
    if (points.isEmpty()) {
      return text.toString();
    }
    satisfaction(text);
    others(text);
    tests(text);
    if (experiment.drift()) {
      drift(text);
    }
    if (experiment.firstIsBaseline()) {
      againstFirst(text);
    }
    if (!experiment.learns()) {
      shared(text);
    }
    cycles(text);
    text.append('\n');
    satisfactionPlots()
        .forEach((file, arms) -> text.append("![satisfaction](").append(file).append(") "));
    text.append('\n');
    if (learns()) {
      text.append("![grade](grade.svg) ![divergence](divergence.svg)\n");
    }
    return text.toString();
  }

  private String seeds() {
    return (seeds.size() == 1 ? "Seed " : "Seeds ")
        + seeds.stream().map(String::valueOf).collect(Collectors.joining(", "));
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
    int drift = experiment.driftAt(size);
    text.append(
        format(
            "%n## After the change of mind (before generation %d is measured)%n%nA seed that did"
                + " not get there counts with the %d interactions it had, hence ≥. Where it is 0,"
                + " the change cost nothing, and there was nothing to regain.%n%n",
            drift, (last() - drift) * size.steps() * size.agents()));
    text.append(
        "| arm | satisfaction before | after the change | at the end | interactions until as"
            + " satisfied as before | of what unweighted pairs need | seeds that got there | until"
            + " as satisfied as unweighted pairs before | of what these need | seeds |\n");
    text.append("|---|---|---|---|---|---|---|---|---|---|\n");
    List<Regained> all = regained();
    Way unweighted =
        all.stream()
            .filter(each -> each.arm().equals(Experiment.UNWEIGHTED))
            .map(Regained::own)
            .findFirst()
            .orElse(new Way(Double.NaN, 0, 0));
    for (Regained each : all) {
      text.append(
          format(
              "| %s | %.3f | %.3f | %.3f | %s | %s | %d of %d | %s | %s | %d of %d |%n",
              each.arm(),
              each.former(),
              each.changed(),
              each.last(),
              each.own().text(),
              each.own().share(unweighted),
              each.own().reached(),
              each.own().seeds(),
              each.common().text(),
              each.common().share(unweighted),
              each.common().reached(),
              each.common().seeds()));
    }
  }

  private void againstFirst(StringBuilder text) {
    text.append(
        "\n## Is a promoted model ever worse than the first?\n\nEvery generation that other weights"
            + " than the first answered, against the first weights with the same people.\n\n"
            + "| arm | such generations | less satisfied | surely (95 %) | largest loss |\n"
            + "|---|---|---|---|---|\n");
    for (AgainstFirst each : againstFirst()) {
      text.append(
          format(
              "| %s | %d | %d | %d | %s |%n",
              each.arm(),
              each.learnt(),
              each.lower(),
              each.surelyLower(),
              each.worst() < 0 ? known(-each.worst(), "%.3f") : "none"));
    }
  }

  private void shared(StringBuilder text) {
    text.append(
        format(
            "%n## What others told, and what it gave those who came later%n%nThe cold start is each"
                + " newcomer's first questions with a known answer. A leak is something private of"
                + " somebody else in a prompt.%n%n"
                + "| arm | right answers at the start | right answers | memories of others a prompt"
                + " | leaks |%n|---|---|---|---|---|%n"));
    for (String arm : arms()) {
      List<Point> some = of(arm, 0);
      text.append(
          format(
              "| %s | %.3f | %.3f | %.2f | %d |%n",
              arm,
              mean(some, Point::early),
              mean(some, Point::success),
              mean(some, Point::foreign),
              some.stream().mapToInt(Point::leaks).sum()));
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

  private void plot(Path file, String title, List<String> arms, ToDoubleFunction<Point> value) {
    List<Charts.Band> bands = new ArrayList<>();
    int last = last();
    for (String arm : arms) {
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

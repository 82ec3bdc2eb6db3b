package dev.mneme.evals;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.mneme.data.Percentile;
import dev.mneme.data.Score;
import dev.mneme.evals.stats.Cluster;
import dev.mneme.evals.stats.ClusterMean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A run's figures.
 *
 * @param info what was run
 * @param items how many records
 * @param errors how many of them failed
 * @param cached how many solutions came from another run
 * @param overall one figure for each metric, the primary first
 * @param categories the primary metric by category
 * @param parts by part, for example by turn or by instruction; empty where items have one part
 * @param speed what it cost; null when nothing was generated
 * @param seed of every interval
 * @param stoppedBy which limit ended it early, or null
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EvalSummary(
    RunInfo info,
    int items,
    long errors,
    long cached,
    List<Figure> overall,
    List<Figure> categories,
    List<Figure> parts,
    @Nullable Speed speed,
    long seed,
    @Nullable String stoppedBy) {
  public EvalSummary {
    requireNonNull(info, "info is null");
    overall = List.copyOf(overall);
    categories = List.copyOf(categories);
    parts = List.copyOf(parts);
  }

  /**
   * A mean and how much it leaves out.
   *
   * @param name the metric, category or part
   * @param mean over the scored ones, with its interval; null when none is scored
   * @param unscored how many measures have no value
   * @param floor the mean if each unscored one had the lowest value; null where the lowest is
   *     unknown
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Figure(
      String name, @Nullable ClusterMean mean, int unscored, @Nullable Double floor) {
    /**
     * The mean's value.
     *
     * @throws IllegalStateException when nothing was scored
     */
    public double value() {
      if (mean == null) {
        throw new IllegalStateException("no " + name + " was scored, " + unscored + " were not");
      }
      return mean.mean();
    }
  }

  /**
   * What a run cost.
   *
   * @param promptTokensPerSecond prompt tokens over wall time
   * @param replyTokensPerSecond generated tokens over wall time
   * @param firstTokenMillisP50 median time to the first token
   * @param firstTokenMillisP99 99th percentile of it
   * @param wallSeconds of all sessions that generated something
   * @param peakMemoryBytes the largest of them
   */
  public record Speed(
      double promptTokensPerSecond,
      double replyTokensPerSecond,
      double firstTokenMillisP50,
      double firstTokenMillisP99,
      double wallSeconds,
      long peakMemoryBytes) {}

  /** The figures of a run; the seed is of the intervals. */
  public static EvalSummary of(EvalRun run, long seed) {
    Metric primary = run.info().primary();
    var metrics = new ArrayList<String>(List.of(primary.name()));
    run.records().stream()
        .flatMap(each -> each.measures().stream())
        .map(Measure::metric)
        .filter(each -> !metrics.contains(each))
        .distinct()
        .forEach(metrics::add);
    List<Figure> overall =
        metrics.stream()
            .map(each -> figure(each, run.records(), each, _ -> true, primary, seed))
            .toList();
    return new EvalSummary(
        run.info(),
        run.records().size(),
        run.errors(),
        run.cached(),
        overall,
        byCategory(run, primary, seed),
        byPart(run, primary, seed),
        speed(run),
        seed,
        run.stoppedBy());
  }

  /** The primary metric's figure. */
  public Figure primary() {
    return overall.getFirst();
  }

  /** The figure of a metric. */
  public java.util.Optional<Figure> metric(String name) {
    return overall.stream().filter(each -> each.name().equals(name)).findFirst();
  }

  private static List<Figure> byCategory(EvalRun run, Metric primary, long seed) {
    Map<String, List<EvalRecord>> groups = group(run.records(), EvalRecord::category);
    return groups.entrySet().stream()
        .map(
            each ->
                figure(each.getKey(), each.getValue(), primary.name(), _ -> true, primary, seed))
        .toList();
  }

  /** By part of the primary metric or, where that has none, of the first metric that has parts. */
  private static List<Figure> byPart(EvalRun run, Metric primary, long seed) {
    List<Measure> parts =
        run.records().stream()
            .flatMap(each -> each.measures().stream())
            .filter(each -> !each.part().isEmpty())
            .toList();
    if (parts.isEmpty()) {
      return List.of();
    }
    String metric =
        parts.stream().anyMatch(each -> each.metric().equals(primary.name()))
            ? primary.name()
            : parts.getFirst().metric();
    return parts.stream()
        .filter(each -> each.metric().equals(metric))
        .map(Measure::part)
        .distinct()
        .sorted()
        .map(part -> figure(part, run.records(), metric, part::equals, primary, seed))
        .toList();
  }

  private static Figure figure(
      String name,
      List<EvalRecord> records,
      String metric,
      java.util.function.Predicate<String> part,
      Metric primary,
      long seed) {
    int unscored = 0;
    double sum = 0;
    int count = 0;
    var clusters = new ArrayList<Cluster>();
    for (var group : group(records, EvalRecord::item).entrySet()) {
      var values = new ArrayList<Double>();
      for (Measure each : measures(group.getValue(), metric, part)) {
        switch (each.score()) {
          case Score.Scored(double value, _) -> values.add(value);
          case Score.Unscored _ -> unscored++;
        }
      }
      if (!values.isEmpty()) {
        clusters.add(new Cluster(group.getKey(), values));
        sum += values.stream().mapToDouble(Double::doubleValue).sum();
        count += values.size();
      }
    }
    // The draws of the bootstrap go by place: the same run is to have the same interval whether its
    // records come from the runner or from the log.
    clusters.sort(Comparator.comparing(Cluster::id));
    Double floor =
        metric.equals(primary.name()) && count + unscored > 0
            ? (Double) ((sum + unscored * primary.lowest()) / (count + unscored))
            : null;
    return new Figure(
        name, clusters.isEmpty() ? null : ClusterMean.of(clusters, seed), unscored, floor);
  }

  private static List<Measure> measures(
      List<EvalRecord> records, String metric, java.util.function.Predicate<String> part) {
    return records.stream()
        .flatMap(each -> each.measures().stream())
        .filter(each -> each.metric().equals(metric) && part.test(each.part()))
        .toList();
  }

  static <T> Map<String, List<T>> group(List<T> all, Function<T, String> by) {
    var groups = new LinkedHashMap<String, List<T>>();
    all.forEach(each -> groups.computeIfAbsent(by.apply(each), _ -> new ArrayList<>()).add(each));
    return groups;
  }

  private static @Nullable Speed speed(EvalRun run) {
    List<RunInfo.Session> sessions =
        run.info().sessions().stream().filter(each -> each.generated() > 0).toList();
    double seconds = sessions.stream().mapToLong(RunInfo.Session::wallMillis).sum() / 1000.0;
    double[] first =
        run.records().stream()
            .filter(each -> !each.cached())
            .flatMap(
                each -> {
                  Solution solution = each.solution();
                  return solution == null ? Stream.<Reply>of() : solution.replies().stream();
                })
            .mapToDouble(each -> each.latency().firstTokenMillis())
            .sorted()
            .toArray();
    long prompt = sessions.stream().mapToLong(RunInfo.Session::promptTokens).sum();
    long reply = sessions.stream().mapToLong(RunInfo.Session::replyTokens).sum();
    if (prompt + reply == 0 || first.length == 0 || seconds <= 0) {
      return null;
    }
    return new Speed(
        prompt / seconds,
        reply / seconds,
        Percentile.nearestRank(first, 0.5),
        Percentile.nearestRank(first, 0.99),
        seconds,
        sessions.stream().mapToLong(RunInfo.Session::peakMemoryBytes).max().orElse(0));
  }

  @Override
  public String toString() {
    return info.id() + " " + Arrays.toString(overall.toArray());
  }
}

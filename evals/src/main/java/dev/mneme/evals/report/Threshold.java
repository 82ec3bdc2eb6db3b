package dev.mneme.evals.report;

import static java.util.Objects.requireNonNull;

import dev.mneme.evals.EvalSummary;
import dev.mneme.evals.stats.ClusterMean;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A figure that a run must reach, for a build to pass.
 *
 * @param metric a metric, or a category of the primary one
 * @param least its smallest mean that passes
 */
public record Threshold(String metric, double least) {
  private static final Pattern FORM = Pattern.compile("(.+?)\\s*>=?\\s*(-?\\d+(?:\\.\\d+)?)");

  public Threshold {
    requireNonNull(metric, "metric is null");
  }

  /**
   * Reads {@code grade>=5.5}.
   *
   * @throws IllegalArgumentException for another form
   */
  public static Threshold parse(String text) {
    Matcher form = FORM.matcher(text.strip());
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "a threshold has the form metric>=number, for example grade>=5.5; got \"" + text + "\"");
    }
    return new Threshold(form.group(1), Double.parseDouble(form.group(2)));
  }

  /**
   * Why the run does not pass; empty when it does. What is unscored counts with the lowest score
   * where that is known.
   *
   * @throws IllegalArgumentException when the run has no such metric or category
   */
  public Optional<String> failure(EvalSummary summary) {
    EvalSummary.Figure figure =
        summary
            .metric(metric)
            .or(
                () ->
                    summary.categories().stream()
                        .filter(each -> each.name().equals(metric))
                        .findFirst())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the run has no metric or category \""
                            + metric
                            + "\"; it has "
                            + names(summary)));
    ClusterMean mean = figure.mean();
    Double floor = figure.floor();
    if (mean == null) {
      return Optional.of(metric + ": nothing was scored, expected at least " + least);
    }
    double value = floor == null ? mean.mean() : floor;
    return value >= least
        ? Optional.empty()
        : Optional.of(
            String.format(Locale.ROOT, "%s is %.4f, expected at least %s", metric, value, least));
  }

  private static String names(EvalSummary summary) {
    return java.util.stream.Stream.concat(summary.overall().stream(), summary.categories().stream())
        .map(EvalSummary.Figure::name)
        .toList()
        .toString();
  }
}

package dev.mneme.evals.report;

import dev.mneme.evals.Comparison;
import dev.mneme.evals.EvalSummary;
import dev.mneme.evals.EvalSummary.Figure;
import dev.mneme.evals.Metric;
import dev.mneme.evals.RunInfo;
import dev.mneme.evals.stats.ClusterMean;
import dev.mneme.evals.stats.PairedTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Figures as text, for a terminal or as Markdown. */
public final class TextReport {
  private static final String HIDDEN = "not shown";

  private final boolean markdown;

  private TextReport(boolean markdown) {
    this.markdown = markdown;
  }

  public static TextReport terminal() {
    return new TextReport(false);
  }

  public static TextReport markdown() {
    return new TextReport(true);
  }

  /** One run. */
  public String render(EvalSummary summary) {
    RunInfo info = summary.info();
    var out = new StringBuilder();
    heading(out, info.task() + " · " + info.model().id());
    line(out, counts(summary));
    if (info.needsJudge() && info.judge() == null) {
      line(
          out,
          "The judge "
              + info.model().id()
              + " has no score on LLMBar here, so its grades are not shown. Run `mneme eval llmbar`"
              + " with this judge first.");
      return out.toString();
    }
    RunInfo.JudgeInfo judge = info.judge();
    if (judge != null) {
      line(out, judge(judge));
    }
    out.append('\n');
    figures(out, "metric", summary.overall(), info.primary());
    if (summary.parts().size() > 1) {
      figures(out, "part", summary.parts(), info.primary());
    }
    if (summary.categories().size() > 1) {
      figures(out, "category", summary.categories(), info.primary());
    }
    EvalSummary.Speed speed = summary.speed();
    if (speed != null) {
      line(out, speed(speed));
    }
    line(
        out,
        "Intervals: 95 %, bootstrap over prompts, "
            + ClusterMean.RESAMPLES
            + " resamples, seed "
            + summary.seed()
            + ".");
    return out.toString();
  }

  /** Two runs side by side. */
  public String render(Comparison comparison) {
    var out = new StringBuilder();
    heading(
        out,
        comparison.runA().task()
            + " · "
            + comparison.metric()
            + " · "
            + comparison.runB().model().id()
            + " against "
            + comparison.runA().model().id());
    line(out, "A " + comparison.runA().id());
    line(out, "B " + comparison.runB().id());
    out.append('\n');
    var rows = new ArrayList<List<String>>();
    rows.add(row("all", comparison.overall()));
    comparison.parts().forEach((name, test) -> rows.add(row(name, test)));
    comparison.categories().forEach((name, test) -> rows.add(row(name, test)));
    table(out, List.of("", "A", "B", "B - A", "95 % interval", "p", "win", "tie", "loss"), rows);
    line(
        out,
        String.format(
            Locale.ROOT,
            "Win rate of B %.1f %%, at equal length %.1f %% (mean length %.0f and %.0f"
                + " characters).",
            100 * comparison.winRate(),
            100 * comparison.lengthControlledWinRate(),
            comparison.meanLengthA(),
            comparison.meanLengthB()));
    if (comparison.unpaired() > 0) {
      line(
          out,
          comparison.unpaired()
              + " measures have no counterpart and are left out (unscored: A "
              + comparison.unscoredA()
              + ", B "
              + comparison.unscoredB()
              + ").");
    }
    line(
        out,
        "Paired sign-flip test and bootstrap over prompts, seed "
            + comparison.seed()
            + ". A category has few prompts: its p says little.");
    return out.toString();
  }

  /** Many runs, a line each. */
  public String list(List<EvalSummary> summaries) {
    var out = new StringBuilder();
    var rows = new ArrayList<List<String>>();
    for (EvalSummary each : summaries) {
      Figure primary = each.primary();
      boolean hidden = each.info().needsJudge() && each.info().judge() == null;
      rows.add(
          List.of(
              each.info().id(),
              each.info().task(),
              each.info().model().id(),
              primary.name(),
              hidden ? HIDDEN : mean(primary, each.info().primary()),
              hidden ? "" : interval(primary, each.info().primary()),
              each.items() + "",
              primary.unscored() + "",
              each.errors() + ""));
    }
    table(
        out,
        List.of(
            "run",
            "task",
            "model",
            "figure",
            "mean",
            "95 % interval",
            "items",
            "unscored",
            "errors"),
        rows);
    return out.toString();
  }

  /** A line of its own. */
  public String note(String text) {
    var out = new StringBuilder();
    line(out, text);
    return out.toString();
  }

  /** A table under a title; columns of numbers are aligned to the right. */
  public String table(String title, List<String> header, List<List<String>> rows) {
    var out = new StringBuilder();
    out.append(markdown ? "### " + title + "\n\n" : title + "\n");
    table(out, header, rows);
    return out.toString();
  }

  static String counts(EvalSummary summary) {
    String stoppedBy = summary.stoppedBy();
    return summary.items()
        + " items, "
        + summary.errors()
        + " failed, "
        + summary.cached()
        + " from the cache"
        + (stoppedBy == null ? "." : ", stopped by " + stoppedBy + "; run again to go on.");
  }

  static String judge(RunInfo.JudgeInfo judge) {
    return String.format(
        Locale.ROOT,
        "Judge %s on LLMBar: Natural %.1f %% (longer wins %.1f %%), Adversarial-Manual %.1f %%"
            + " (longer wins %.1f %%).",
        judge.model().id(),
        100 * judge.llmBarNatural(),
        100 * judge.longerWinsNatural(),
        100 * judge.llmBarAdversarial(),
        100 * judge.longerWinsAdversarial());
  }

  static String speed(EvalSummary.Speed speed) {
    return String.format(
        Locale.ROOT,
        "Speed: %.0f prompt and %.0f generated tokens/s over %.1f s; first token p50 %.0f ms,"
            + " p99 %.0f ms; peak memory %.0f MB.",
        speed.promptTokensPerSecond(),
        speed.replyTokensPerSecond(),
        speed.wallSeconds(),
        speed.firstTokenMillisP50(),
        speed.firstTokenMillisP99(),
        speed.peakMemoryBytes() / 1e6);
  }

  static String mean(Figure figure, Metric primary) {
    ClusterMean mean = figure.mean();
    return mean == null ? "none" : number(figure, primary, mean.mean());
  }

  static String interval(Figure figure, Metric primary) {
    ClusterMean mean = figure.mean();
    return mean == null
        ? ""
        : number(figure, primary, mean.interval().low())
            + " to "
            + number(figure, primary, mean.interval().high());
  }

  private static String floor(Figure figure, Metric primary) {
    Double floor = figure.floor();
    return floor == null || figure.unscored() == 0 ? "" : number(figure, primary, floor);
  }

  /** Shares are published with four digits, grades and the like with three. */
  private static String number(Figure figure, Metric primary, double value) {
    ClusterMean mean = figure.mean();
    // Only figures of the primary metric know what counts lowest.
    boolean share =
        figure.floor() != null
            ? primary.lowest() >= 0 && primary.highest() <= 1
            : mean == null || (mean.interval().low() >= -1 && mean.interval().high() <= 1);
    return String.format(Locale.ROOT, share ? "%.4f" : "%.3f", value);
  }

  private static List<String> row(String name, PairedTest test) {
    return List.of(
        name,
        String.format(Locale.ROOT, "%.3f", test.meanA()),
        String.format(Locale.ROOT, "%.3f", test.meanB()),
        String.format(Locale.ROOT, "%+.3f", test.difference()),
        String.format(Locale.ROOT, "%+.3f to %+.3f", test.interval().low(), test.interval().high()),
        String.format(Locale.ROOT, test.pValue() < 0.001 ? "%.1e" : "%.3f", test.pValue()),
        test.wins() + "",
        test.ties() + "",
        test.losses() + "");
  }

  private void figures(StringBuilder out, String title, List<Figure> figures, Metric primary) {
    var rows = new ArrayList<List<String>>();
    for (Figure each : figures) {
      ClusterMean mean = each.mean();
      rows.add(
          List.of(
              each.name(),
              mean(each, primary),
              interval(each, primary),
              mean == null ? "0" : mean.values() + "",
              each.unscored() + "",
              floor(each, primary)));
    }
    table(
        out,
        List.of(title, "mean", "95 % interval", "scored", "unscored", "if those count lowest"),
        rows);
  }

  private void heading(StringBuilder out, String text) {
    out.append(markdown ? "## " : "").append(text).append('\n');
    out.append(markdown ? "\n" : "─".repeat(text.length()) + "\n");
  }

  private void line(StringBuilder out, String text) {
    out.append(text).append(markdown ? "\n\n" : "\n");
  }

  private void table(StringBuilder out, List<String> header, List<List<String>> rows) {
    // A column that is empty all the way down is noise.
    var columns = new ArrayList<Integer>();
    for (int c = 0; c < header.size(); c++) {
      int column = c;
      if (rows.stream().anyMatch(each -> !each.get(column).isEmpty())) {
        columns.add(c);
      }
    }
    if (markdown) {
      cells(out, header, columns);
      out.append('|').append(" --- |".repeat(columns.size())).append('\n');
      rows.forEach(each -> cells(out, each, columns));
    } else {
      aligned(out, header, rows, columns);
    }
    out.append('\n');
  }

  private static void cells(StringBuilder out, List<String> row, List<Integer> columns) {
    out.append('|');
    columns.forEach(c -> out.append(' ').append(row.get(c).replace("|", "\\|")).append(" |"));
    out.append('\n');
  }

  private static void aligned(
      StringBuilder out, List<String> header, List<List<String>> rows, List<Integer> columns) {
    var all = new ArrayList<List<String>>();
    all.add(header);
    all.addAll(rows);
    int[] widths = new int[header.size()];
    for (List<String> row : all) {
      for (int c : columns) {
        widths[c] = Math.max(widths[c], row.get(c).length());
      }
    }
    for (List<String> row : all) {
      var text = new StringBuilder();
      for (int c : columns) {
        String cell = row.get(c);
        String pad = " ".repeat(widths[c] - cell.length());
        boolean number = rows.stream().allMatch(each -> each.get(c).matches("[-+.,\\d e%]*|none"));
        text.append(number ? pad + cell : cell + pad).append("  ");
      }
      out.append(text.toString().stripTrailing()).append('\n');
    }
  }
}

package dev.mneme.evals.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.Json;
import dev.mneme.data.Score;
import dev.mneme.evals.Comparison;
import dev.mneme.evals.EvalException;
import dev.mneme.evals.EvalRecord;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalSummary;
import dev.mneme.evals.EvalSummary.Figure;
import dev.mneme.evals.Measure;
import dev.mneme.evals.Metric;
import dev.mneme.evals.Reply;
import dev.mneme.evals.RunInfo;
import dev.mneme.evals.Solution;
import dev.mneme.evals.stats.ClusterMean;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs as one HTML file without any other file: figures by task, a radar by category, the score by
 * checkpoint over time, the comparison of the latest two runs, and all replies side by side with
 * filters and search. Light and dark, wide and narrow.
 */
public final class HtmlReport {
  private static final int RADAR_RUNS = 4;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private HtmlReport() {}

  /** One reply in the page's data. */
  private record Cell(List<String> replies, List<Grade> grades, @Nullable String error) {}

  /** One figure of a cell. */
  private record Grade(String name, @Nullable Double value, String why) {}

  /** One item in the page's data, with a cell for each run, null where the run lacks it. */
  private record Row(String id, String category, List<String> ask, List<@Nullable Cell> cells) {}

  /** One task in the page's data. */
  private record TaskData(
      String task, double lowest, double highest, List<String> runs, List<Row> rows) {}

  /**
   * The page.
   *
   * @param runs of one or more tasks, oldest first
   * @param now when the report is made
   * @param seed of all intervals and tests
   */
  public static String render(List<EvalRun> runs, Instant now, long seed) {
    Map<String, List<EvalRun>> byTask = new LinkedHashMap<>();
    runs.forEach(
        each -> byTask.computeIfAbsent(each.info().task(), _ -> new ArrayList<>()).add(each));
    var body = new StringBuilder();
    var data = new ArrayList<TaskData>();
    byTask.forEach(
        (task, group) -> {
          section(body, task, group, seed, data.size());
          data.add(data(task, group));
        });
    return template()
        .replace("<!--made-->", Html.escape(TIME.format(now)))
        .replace("<!--count-->", runs.size() + (runs.size() == 1 ? " run" : " runs"))
        .replace("<!--nav-->", nav(byTask.keySet().stream().toList()))
        .replace("<!--body-->", body)
        .replace(
            "/*data*/", Html.inScript("const DATA = " + Json.mapper().writeValueAsString(data)));
  }

  private static String nav(List<String> tasks) {
    var out = new StringBuilder();
    tasks.forEach(
        each ->
            out.append("<a href=\"#")
                .append(Html.escape(each))
                .append("\">")
                .append(Html.escape(each))
                .append("</a>"));
    return out.toString();
  }

  private static void section(
      StringBuilder out, String task, List<EvalRun> runs, long seed, int index) {
    List<EvalSummary> summaries = runs.stream().map(each -> EvalSummary.of(each, seed)).toList();
    out.append("<section id=\"").append(Html.escape(task)).append("\"><h2>");
    out.append(Html.escape(task)).append("</h2>");
    if (summaries.stream().anyMatch(HtmlReport::isHidden)) {
      out.append(
          "<p class=\"warn\">A judge's grades are not shown until that judge has a score of");
      out.append(" its own on LLMBar: run <code>mneme eval llmbar</code> with it.</p>");
    }
    runTable(out, summaries);
    List<EvalSummary> shown = summaries.stream().filter(each -> !isHidden(each)).toList();
    charts(out, runs, shown);
    if (!shown.isEmpty()) {
      figures(out, shown.getLast());
    }
    if (runs.size() >= 2) {
      comparison(out, runs, seed);
    }
    if (summaries.stream().noneMatch(HtmlReport::isHidden)) {
      out.append("<h3>Replies</h3><div class=\"browser\" data-task=\"").append(index);
      out.append("\"></div>");
    }
    out.append("</section>\n");
  }

  private static boolean isHidden(EvalSummary summary) {
    return summary.info().needsJudge() && summary.info().judge() == null;
  }

  private static void runTable(StringBuilder out, List<EvalSummary> summaries) {
    out.append("<div class=\"scroll\"><table><thead><tr><th>run</th><th class=\"wide\">model</th>");
    out.append("<th class=\"wide\">figure</th>");
    out.append(
        "<th class=\"n\">mean</th><th class=\"n\">95 % interval</th><th class=\"n wide\">items");
    out.append("</th><th class=\"n\">unscored</th><th class=\"n\">errors</th>");
    out.append("<th class=\"n\">tokens/s</th></tr></thead><tbody>");
    for (EvalSummary each : summaries) {
      Figure primary = each.primary();
      boolean hidden = isHidden(each);
      EvalSummary.Speed speed = each.speed();
      out.append("<tr>");
      cell(out, "", each.info().id());
      cell(out, "wide", each.info().model().id());
      cell(out, "wide", primary.name());
      cell(out, "n strong", hidden ? "not shown" : TextReport.mean(primary, each.info().primary()));
      cell(out, "n", hidden ? "" : TextReport.interval(primary, each.info().primary()));
      cell(out, "n wide", each.items() + "");
      cell(out, primary.unscored() > 0 ? "n bad" : "n", primary.unscored() + "");
      cell(out, each.errors() > 0 ? "n bad" : "n", each.errors() + "");
      cell(
          out,
          "n",
          speed == null ? "" : String.format(Locale.ROOT, "%.0f", speed.replyTokensPerSecond()));
      out.append("</tr>");
    }
    out.append("</tbody></table></div>");
    for (EvalSummary each : summaries) {
      RunInfo.JudgeInfo judge = each.info().judge();
      if (judge != null) {
        out.append("<p class=\"note\">").append(Html.escape(TextReport.judge(judge)));
        out.append("</p>");
        break;
      }
    }
  }

  private static void charts(StringBuilder out, List<EvalRun> runs, List<EvalSummary> shown) {
    List<EvalSummary> scored =
        shown.stream().filter(each -> each.primary().mean() != null).toList();
    if (scored.isEmpty()) {
      return;
    }
    out.append("<div class=\"charts\">");
    List<String> categories =
        scored.getLast().categories().stream()
            .filter(each -> each.mean() != null)
            .map(Figure::name)
            .toList();
    if (categories.size() >= 3 && categories.size() <= 24) {
      out.append("<figure><figcaption>By category</figcaption>");
      List<EvalSummary> latest =
          scored.subList(Math.max(0, scored.size() - RADAR_RUNS), scored.size());
      var lines = new ArrayList<Charts.Line>();
      for (EvalSummary each : latest) {
        String name = each.info().model().id();
        boolean twice =
            latest.stream().filter(other -> other.info().model().id().equals(name)).count() > 1;
        lines.add(new Charts.Line(twice ? each.info().id() : name, onRadar(each, categories)));
      }
      out.append(Charts.radar(categories, lines)).append("</figure>");
    }
    if (scored.size() >= 2) {
      out.append("<figure><figcaption>By checkpoint over time, with 95 % interval</figcaption>");
      out.append(overTime(runs, scored)).append("</figure>");
    }
    out.append("</div>");
  }

  private static List<Double> onRadar(EvalSummary summary, List<String> categories) {
    Metric primary = summary.info().primary();
    return categories.stream()
        .mapToDouble(
            name ->
                summary.categories().stream()
                    .filter(each -> each.name().equals(name) && each.mean() != null)
                    .mapToDouble(Figure::value)
                    .map(
                        value ->
                            (value - primary.lowest()) / (primary.highest() - primary.lowest()))
                    .findFirst()
                    .orElse(0))
        .mapToObj(value -> Math.clamp(value, 0, 1))
        .toList();
  }

  private static String overTime(List<EvalRun> runs, List<EvalSummary> scored) {
    var times = new ArrayList<Date>();
    var means = new ArrayList<Double>();
    var low = new ArrayList<Double>();
    var high = new ArrayList<Double>();
    for (EvalSummary summary : scored) {
      ClusterMean mean = summary.primary().mean();
      if (mean == null) {
        continue;
      }
      Instant at =
          runs.stream()
              .filter(each -> each.info().id().equals(summary.info().id()))
              .map(EvalRun::finished)
              .findFirst()
              .orElse(Instant.EPOCH);
      times.add(Date.from(at));
      means.add(mean.mean());
      low.add(mean.interval().low());
      high.add(mean.interval().high());
    }
    return Charts.overTime(scored.getLast().primary().name(), times, means, low, high);
  }

  private static void figures(StringBuilder out, EvalSummary summary) {
    out.append("<details open><summary>Figures of ").append(Html.escape(summary.info().id()));
    out.append(
        "</summary><div class=\"scroll\"><table><thead><tr><th></th><th class=\"n\">mean</th>");
    out.append("<th class=\"bar\"></th><th class=\"n\">95 % interval</th>");
    out.append("<th class=\"n wide\">scored</th>");
    out.append("<th class=\"n\">unscored</th></tr></thead><tbody>");
    Metric primary = summary.info().primary();
    group(out, "metric", summary.overall(), primary);
    if (summary.parts().size() > 1) {
      group(out, "part", summary.parts(), primary);
    }
    if (summary.categories().size() > 1) {
      group(out, "category", summary.categories(), primary);
    }
    out.append("</tbody></table></div>");
    EvalSummary.Speed speed = summary.speed();
    if (speed != null) {
      out.append("<p class=\"note\">").append(Html.escape(TextReport.speed(speed)));
      out.append("</p>");
    }
    out.append("<p class=\"note\">").append(Html.escape(TextReport.counts(summary)));
    out.append(" Bootstrap over prompts, seed ").append(summary.seed());
    out.append(".</p></details>");
  }

  private static void group(StringBuilder out, String title, List<Figure> figures, Metric primary) {
    out.append("<tr class=\"group\"><th colspan=\"6\">").append(title).append("</th></tr>");
    for (Figure each : figures) {
      ClusterMean mean = each.mean();
      out.append("<tr>");
      out.append("<td>");
      out.append(Html.escape(each.name()).replace("/", "/<wbr>").replace(":", ":<wbr>"));
      out.append("</td>");
      cell(out, "n strong", TextReport.mean(each, primary));
      out.append("<td class=\"bar\">");
      boolean sameScale = !title.equals("metric") || each.name().equals(primary.name());
      if (mean != null) {
        double share =
            sameScale
                ? (mean.mean() - primary.lowest()) / (primary.highest() - primary.lowest())
                : mean.mean();
        if (share >= 0 && share <= 1) {
          out.append("<i style=\"width:");
          out.append(String.format(Locale.ROOT, "%.1f", 100 * share)).append("%\"></i>");
        }
      }
      out.append("</td>");
      cell(out, "n", TextReport.interval(each, primary));
      cell(out, "n wide", mean == null ? "0" : mean.values() + "");
      cell(out, each.unscored() > 0 ? "n bad" : "n", each.unscored() + "");
      out.append("</tr>");
    }
  }

  private static void comparison(StringBuilder out, List<EvalRun> runs, long seed) {
    EvalRun a = runs.get(runs.size() - 2);
    EvalRun b = runs.getLast();
    if ((a.info().needsJudge() && a.info().judge() == null)
        || (b.info().needsJudge() && b.info().judge() == null)) {
      return;
    }
    Comparison comparison;
    try {
      comparison = Comparison.of(a, b, seed);
    } catch (IllegalArgumentException e) {
      out.append("<p class=\"note\">The latest two runs do not compare: ");
      out.append(Html.escape(String.valueOf(e.getMessage()))).append("</p>");
      return;
    }
    var test = comparison.overall();
    out.append("<div class=\"compare\"><div><b>").append(test.wins());
    out.append("</b><span>wins</span></div><div><b>").append(test.ties());
    out.append("</b><span>ties</span></div><div><b>").append(test.losses());
    out.append("</b><span>losses</span></div><div><b>");
    out.append(String.format(Locale.ROOT, "%+.3f", test.difference()));
    out.append("</b><span>difference</span></div><div><b>");
    out.append(String.format(Locale.ROOT, test.pValue() < 0.001 ? "%.0e" : "%.3f", test.pValue()));
    out.append("</b><span>p</span></div></div><p class=\"note\">");
    out.append(Html.escape(b.info().id())).append(" against ");
    out.append(Html.escape(a.info().id()));
    out.append(
        String.format(
            Locale.ROOT,
            ". Interval of the difference %+.3f to %+.3f; win rate %.1f %%, at equal length %.1f"
                + " %%; %d measures without a counterpart. Seed %d.",
            test.interval().low(),
            test.interval().high(),
            100 * comparison.winRate(),
            100 * comparison.lengthControlledWinRate(),
            comparison.unpaired(),
            seed));
    out.append("</p>");
  }

  private static void cell(StringBuilder out, String style, String text) {
    out.append(style.isEmpty() ? "<td>" : "<td class=\"" + style + "\">");
    out.append(Html.escape(text)).append("</td>");
  }

  private static TaskData data(String task, List<EvalRun> runs) {
    Metric primary = runs.getLast().info().primary();
    var rows = new LinkedHashMap<String, Row>();
    for (int r = 0; r < runs.size(); r++) {
      for (EvalRecord each : runs.get(r).records()) {
        if (each.epoch() != 0) {
          continue;
        }
        Row row =
            rows.computeIfAbsent(
                each.item(),
                id -> {
                  var cells = new ArrayList<@Nullable Cell>();
                  runs.forEach(_ -> cells.add(null));
                  return new Row(id, each.category(), each.prompt(), cells);
                });
        row.cells().set(r, cell(each, primary));
      }
    }
    return new TaskData(
        task,
        primary.lowest(),
        primary.highest(),
        runs.stream().map(each -> each.info().id()).toList(),
        List.copyOf(rows.values()));
  }

  private static Cell cell(EvalRecord each, Metric primary) {
    Solution solution = each.solution();
    var grades = new ArrayList<Grade>();
    for (Measure measure : each.measures()) {
      if (measure.metric().equals(primary.name())) {
        String name = measure.part().isEmpty() ? measure.metric() : measure.part();
        grades.add(
            switch (measure.score()) {
              case Score.Scored(double value, String why) -> new Grade(name, value, why);
              case Score.Unscored(String reason) -> new Grade(name, null, reason);
            });
      }
    }
    return new Cell(
        solution == null ? List.of() : solution.replies().stream().map(HtmlReport::text).toList(),
        grades,
        each.error());
  }

  private static String text(Reply reply) {
    return reply.toolCalls().isEmpty()
        ? reply.text()
        : (reply.text() + "\n" + Json.mapper().writeValueAsString(reply.toolCalls())).strip();
  }

  private static String template() {
    try (InputStream in = HtmlReport.class.getResourceAsStream("report.html")) {
      if (in == null) {
        throw new AssertionError("the resource report.html is missing");
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new EvalException("cannot read the resource report.html", e);
    }
  }
}

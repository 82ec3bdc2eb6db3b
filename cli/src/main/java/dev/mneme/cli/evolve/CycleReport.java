package dev.mneme.cli.evolve;

import dev.mneme.data.JsonLines;
import dev.mneme.dpo.cycle.CycleRecord;
import dev.mneme.dpo.cycle.PromotionGate;
import dev.mneme.dpo.train.StepMetrics;
import dev.mneme.evals.report.Charts;
import dev.mneme.evals.report.Html;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * One cycle as a page that opens offline: what was learnt from, how training went, what the gate
 * saw, the same prompts answered before and after.
 */
public final class CycleReport {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --line: #80868b55; --good: #0f9d58; --bad: #d93025; }
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
      h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
      table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .35rem .6rem;
        border-bottom: 1px solid var(--line); vertical-align: top; }
      td.n { font-variant-numeric: tabular-nums; white-space: nowrap; }
      .ok { color: var(--good); } .no { color: var(--bad); } .dim { opacity: .7; }
      .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 1rem; }
      .scroll { overflow-x: auto; }
      """;

  private CycleReport() {}

  /**
   * Writes {@code report.html} beside the cycle's record.
   *
   * @param folder the run folder, with {@code metrics.jsonl}
   * @return the page
   */
  public static Path write(Path folder, CycleRecord record) {
    Path metrics = folder.resolve("metrics.jsonl");
    List<StepMetrics> steps =
        Files.exists(metrics) ? JsonLines.readAll(metrics, StepMetrics.class) : List.of();
    Path page = folder.resolve("report.html");
    try {
      Files.writeString(page, html(record, steps));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + page, e);
    }
    return page;
  }

  private static String html(CycleRecord record, List<StepMetrics> steps) {
    var page = new StringBuilder();
    page.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>")
        .append(Html.escape(record.id()))
        .append("</title><style>")
        .append(STYLE)
        .append("</style></head><body>");
    boolean promoted = record.outcome() == CycleRecord.Outcome.PROMOTED;
    page.append("<h1>").append(Html.escape(record.id())).append("</h1><p><strong class=\"");
    page.append(promoted ? "ok" : "no").append("\">").append(record.outcome()).append("</strong> ");
    page.append(Html.escape(record.reason())).append("</p>");
    learntFrom(page, record);
    training(page, steps);
    PromotionGate.Verdict verdict = record.verdict();
    if (verdict != null) {
      gate(page, verdict);
      examples(page, verdict);
    }
    return page.append("</body></html>").toString();
  }

  private static void learntFrom(StringBuilder page, CycleRecord record) {
    page.append("<h2>What it learnt from</h2><table>");
    row(page, "from checkpoint", record.active());
    row(page, "candidate", record.candidate() == null ? "none" : record.candidate());
    row(page, "pairs trained on", Integer.toString(record.trainPairs()));
    row(page, "pairs held out", Integer.toString(record.heldOutPairs()));
    row(page, "replies imitated or weighed", Integer.toString(record.replies()));
    row(page, "people", Integer.toString(record.data().users().size()));
    row(page, "memory at change", Long.toString(record.data().memorySequence()));
    for (Map.Entry<String, Integer> each : record.dropped().entrySet()) {
      row(page, "left out: " + each.getKey(), each.getValue().toString());
    }
    for (Map.Entry<String, Double> each : record.figures().entrySet()) {
      row(page, each.getKey(), String.format(Locale.ROOT, "%.4f", each.getValue()));
    }
    page.append("</table>");
  }

  private static void training(StringBuilder page, List<StepMetrics> all) {
    List<StepMetrics> steps = all.stream().filter(s -> s.phase().equals("dpo")).toList();
    if (steps.size() < 2) {
      return;
    }
    page.append("<h2>Training</h2><div class=\"charts\">");
    page.append(Charts.overSteps("loss", List.of(line("loss", steps, StepMetrics::loss))));
    page.append(
        Charts.overSteps(
            "rewards",
            List.of(
                line("rewards/chosen", steps, StepMetrics::rewardsChosen),
                line("rewards/rejected", steps, StepMetrics::rewardsRejected),
                line("rewards/margins", steps, StepMetrics::rewardsMargins))));
    page.append(
        Charts.overSteps(
            "rewards/accuracies",
            List.of(line("rewards/accuracies", steps, StepMetrics::rewardsAccuracies))));
    page.append(Charts.overSteps("kl", List.of(line("kl", steps, StepMetrics::kl))));
    page.append(
        Charts.overSteps(
            "length_drift", List.of(line("length_drift", steps, StepMetrics::lengthDrift))));
    page.append(
        Charts.overSteps("grad_norm", List.of(line("grad_norm", steps, StepMetrics::gradNorm))));
    page.append(
        Charts.overSteps("expert overload", List.of(line("max_vio", steps, StepMetrics::maxVio))));
    page.append("</div>");
  }

  private static Charts.Line line(
      String name, List<StepMetrics> steps, ToDoubleFunction<StepMetrics> value) {
    return new Charts.Line(name, steps.stream().map(s -> value.applyAsDouble(s)).toList());
  }

  private static void gate(StringBuilder page, PromotionGate.Verdict verdict) {
    page.append(
            "<h2>The gate</h2><p class=\"dim\">The same items for the candidate and for what it is")
        .append(" held to: what served, and where it says so the checkpoint that the first cycle")
        .append(" began with. 95 % intervals of the difference by bootstrap, seed ")
        .append(verdict.seed())
        .append(
            ".</p><div class=\"scroll\"><table><tr><th>check<th>held to<th>candidate<th>interval")
        .append("<th>required<th></tr>");
    for (PromotionGate.Check each : verdict.checks()) {
      page.append("<tr><td>")
          .append(Html.escape(each.name()))
          .append(
              String.format(
                  Locale.ROOT,
                  "<td class=\"n\">%.3f<td class=\"n\">%.3f<td class=\"n\">%+.3f to %+.3f<td>",
                  each.active(),
                  each.candidate(),
                  each.low(),
                  each.high()))
          .append(Html.escape(each.rule()))
          .append(each.passed() ? "<td class=\"ok\">holds" : "<td class=\"no\">fails")
          .append("</tr>");
    }
    page.append("</table></div>");
  }

  private static void examples(StringBuilder page, PromotionGate.Verdict verdict) {
    page.append("<h2>Before and after</h2><div class=\"scroll\"><table>")
        .append("<tr><th>prompt<th>active<th>candidate</tr>");
    for (PromotionGate.Example each : verdict.examples()) {
      page.append("<tr><td>")
          .append(Html.escape(each.prompt()))
          .append("<td>")
          .append(Html.escape(each.before()))
          .append("<td>")
          .append(Html.escape(each.after()))
          .append("</tr>");
    }
    page.append("</table></div>");
  }

  private static void row(StringBuilder page, String name, String value) {
    page.append("<tr><td>")
        .append(Html.escape(name))
        .append("<td class=\"n\">")
        .append(Html.escape(value))
        .append("</tr>");
  }
}

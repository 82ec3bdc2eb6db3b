package dev.mneme.cli;

import dev.mneme.preference.ExtractionReport;
import dev.mneme.preference.WeightCurve;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "stats",
    description = "What was read, found and refused, and how reversed preferences weigh.")
final class PreferencesStatsCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin PreferencesWindow window = new PreferencesWindow();

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    ExtractionReport report = window.run(spec, each -> {});
    if (json) {
      Output.json(spec, report);
      return ExitCodes.OK;
    }
    var out = Output.out(spec);
    out.printf(
        Locale.ROOT,
        "%d sessions of %d users, %d turns, %d replies, %d clear%n",
        report.sessions(),
        report.users(),
        report.turns(),
        report.replies(),
        report.clear());
    out.printf(
        Locale.ROOT, "%d pairs of total weight %.3f%n", report.pairCount(), report.totalWeight());
    report.pairs().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            each ->
                out.printf(
                    Locale.ROOT,
                    "  %-20s %d%n",
                    each.getKey().name().toLowerCase(Locale.ROOT),
                    each.getValue()));
    out.printf(
        Locale.ROOT,
        "%d good and %d bad single replies, %d stated wishes%n",
        report.good(),
        report.bad(),
        report.stated());
    report
        .dropped()
        .forEach(
            (reason, count) ->
                out.printf(
                    Locale.ROOT, "dropped %d: %s (%s)%n", count, reason.told(), reason.wireName()));
    for (WeightCurve curve : report.curves()) {
      out.printf(Locale.ROOT, "reversed: %s of %s%n", curve.slot(), curve.user());
      curve
          .points()
          .forEach(
              point -> {
                out.printf(Locale.ROOT, "  %s", point.at());
                point
                    .shares()
                    .forEach(
                        (value, share) ->
                            out.printf(Locale.ROOT, "  %s %.0f %%", value, 100 * share));
                out.println();
              });
    }
    return ExitCodes.OK;
  }
}

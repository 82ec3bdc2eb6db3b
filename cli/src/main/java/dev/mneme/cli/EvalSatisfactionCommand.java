package dev.mneme.cli;

import dev.mneme.cli.preferences.SatisfactionModelJudge;
import dev.mneme.evals.satisfaction.RatedDialogue;
import dev.mneme.evals.satisfaction.RatedDialogues;
import dev.mneme.evals.satisfaction.SatisfactionEval;
import dev.mneme.evals.satisfaction.SatisfactionReport;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "satisfaction",
    description = "Compare the satisfaction model with people's ratings of public dialogues.")
final class EvalSatisfactionCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--format",
      required = true,
      paramLabel = "NAME",
      description = "The set's own format: conture, ab-redial or uss.")
  String format = "";

  @Parameters(index = "0", paramLabel = "FILE", description = "The set's file.")
  Path file = Path.of("");

  @Option(
      names = "--resamples",
      paramLabel = "N",
      description = "Bootstrap resamples of whole dialogues (default: ${DEFAULT-VALUE}).")
  int resamples = 1_000;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Decides the resamples (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    SatisfactionReport report;
    try {
      RatedDialogues.Format read = RatedDialogues.Format.of(format);
      List<RatedDialogue> dialogues = RatedDialogues.read(read, file);
      report =
          new SatisfactionEval(resamples, seed).run(read, dialogues, new SatisfactionModelJudge());
    } catch (IllegalArgumentException | UncheckedIOException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
    if (json) {
      Output.json(spec, report.summary());
      return ExitCodes.OK;
    }
    var out = Output.out(spec);
    out.printf(
        "%s: %d rated turns in %d dialogues, %.1f %% dissatisfied%n",
        report.format(), report.turns(), report.dialogues(), 100 * report.dissatisfied());
    for (SatisfactionReport.JudgeScores each : report.judges()) {
      out.printf(
          "  %s%n    AUC dissatisfied %s   F1 %s   Spearman %s%n",
          each.judge(),
          text(each.aucDissatisfied()),
          text(each.f1Dissatisfied()),
          text(each.spearman()));
    }
    out.printf(
        "  gain in AUC over the floor %s; F1 of calling every turn dissatisfied %.3f%n",
        text(report.aucGain()), report.f1AllDissatisfied());
    return ExitCodes.OK;
  }

  private static String text(SatisfactionReport.Interval interval) {
    return "%.3f [%.3f, %.3f]".formatted(interval.value(), interval.low(), interval.high());
  }
}

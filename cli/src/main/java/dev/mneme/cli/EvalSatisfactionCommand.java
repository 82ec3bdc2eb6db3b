package dev.mneme.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.cli.preferences.RatedHistory;
import dev.mneme.cli.preferences.SatisfactionModelJudge;
import dev.mneme.evals.satisfaction.RatedDialogue;
import dev.mneme.evals.satisfaction.RatedDialogues;
import dev.mneme.evals.satisfaction.SatisfactionEval;
import dev.mneme.evals.satisfaction.SatisfactionReport;
import dev.mneme.preference.Extraction;
import dev.mneme.preference.ExtractionReport;
import dev.mneme.preference.ExtractorState;
import dev.mneme.preference.PreferenceExtractor;
import dev.mneme.preference.formats.PreferenceFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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

  @Option(
      names = "--pairs",
      paramLabel = "FILE",
      description =
          "Also write the preference pairs that the extractor makes of these dialogues, with their"
              + " evidence, to be read by hand: ratings count as the people's own, and all share.")
  @Nullable Path pairs;

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
      if (pairs != null) {
        writePairs(read, dialogues, pairs);
      }
    } catch (IllegalArgumentException | UncheckedIOException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
    if (json) {
      Output.json(spec, report.summary());
      return ExitCodes.OK;
    }
    var out = Output.out(spec);
    out.printf(
        Locale.ROOT,
        "%s: %d rated turns in %d dialogues, %.1f %% dissatisfied%n",
        report.format(),
        report.turns(),
        report.dialogues(),
        100 * report.dissatisfied());
    for (SatisfactionReport.JudgeScores each : report.judges()) {
      out.printf(
          Locale.ROOT,
          "  %s%n    AUC dissatisfied %s   F1 %s   Spearman %s%n",
          each.judge(),
          text(each.aucDissatisfied()),
          text(each.f1Dissatisfied()),
          text(each.spearman()));
    }
    out.printf(
        Locale.ROOT,
        "  gain in AUC over the floor %s; F1 of calling every turn dissatisfied %.3f%n",
        text(report.aucGain()),
        report.f1AllDissatisfied());
    return ExitCodes.OK;
  }

  private void writePairs(RatedDialogues.Format read, List<RatedDialogue> dialogues, Path to) {
    double lowest =
        switch (read) {
          case CONTURE -> 0;
          case AB_REDIAL, USS -> 1;
        };
    double highest =
        switch (read) {
          case CONTURE -> 2;
          case AB_REDIAL, USS -> 5;
        };
    var lines = new ArrayList<String>();
    ExtractionReport made =
        new PreferenceExtractor(
                GlobalOptions.of(spec).config().preferences().extractor(RatedHistory.TENANT),
                InstantSource.system())
            .extract(
                new RatedHistory(dialogues, lowest, highest),
                ExtractorState.inMemory(),
                each -> {
                  if (each instanceof Extraction.Pair pair) {
                    lines.addAll(PreferenceFormat.MNEME.lines(pair.pair()));
                  }
                });
    try {
      Files.write(to, lines, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + to, e);
    }
    Output.err(spec).println(made.pairCount() + " pairs in " + to + "; dropped " + made.dropped());
    Output.err(spec).flush();
  }

  private static String text(SatisfactionReport.Interval interval) {
    return String.format(
        Locale.ROOT, "%.3f [%.3f, %.3f]", interval.value(), interval.low(), interval.high());
  }
}

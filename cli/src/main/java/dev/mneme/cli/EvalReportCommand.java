package dev.mneme.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalSummary;
import dev.mneme.evals.report.HtmlReport;
import dev.mneme.evals.report.TextReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "report",
    description = "Runs as one HTML file that opens without a network, as Markdown or as JSON.")
final class EvalReportCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..*",
      paramLabel = "RUN",
      description = "Runs by id or directory (default: all that are kept).")
  List<String> names = List.of();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where runs are kept (default: evals in the data directory).")
  @Nullable Path root;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write the page here (default: eval-report.html).")
  Path html = Path.of("eval-report.html");

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Of intervals.")
  long seed;

  @Option(names = "--json", description = "Print figures as JSON instead.")
  boolean json;

  @Option(names = "--markdown", description = "Print figures as Markdown instead.")
  boolean markdown;

  @Override
  public Integer call() {
    Path kept = root == null ? GlobalOptions.of(spec).home().dir().resolve("evals") : root;
    List<EvalRun> runs = EvalFiles.reading(() -> read(kept));
    if (runs.isEmpty()) {
      throw new UserError("there are no runs in " + kept + "; `mneme eval ours` makes one");
    }
    if (json) {
      Output.json(
          spec,
          runs.stream()
              .filter(each -> !each.info().needsJudge() || each.info().judge() != null)
              .map(each -> EvalSummary.of(each, seed))
              .toList());
    } else if (markdown) {
      runs.forEach(
          each ->
              Output.out(spec).println(TextReport.markdown().render(EvalSummary.of(each, seed))));
    } else {
      write(HtmlReport.render(runs, Clock.systemUTC().instant(), seed));
      Output.out(spec).println(html.toAbsolutePath());
    }
    Output.out(spec).flush();
    return ExitCodes.OK;
  }

  private List<EvalRun> read(Path kept) {
    if (names.isEmpty()) {
      return EvalRun.readAll(kept);
    }
    var runs = new ArrayList<EvalRun>();
    names.forEach(each -> runs.add(EvalRun.read(EvalCompareCommand.find(kept, each))));
    return runs;
  }

  private void write(String page) {
    try {
      Files.writeString(html, page, UTF_8);
    } catch (IOException e) {
      throw new UserError("cannot write " + html + ": " + e.getMessage(), ExitCodes.FAILURE, e);
    }
  }
}

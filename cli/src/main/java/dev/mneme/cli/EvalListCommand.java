package dev.mneme.cli;

import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalSummary;
import dev.mneme.evals.report.TextReport;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "list", description = "Every run that is kept, oldest first.")
final class EvalListCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where runs are kept (default: evals in the data directory).")
  @Nullable Path root;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    Path runs = root == null ? GlobalOptions.of(spec).home().dir().resolve("evals") : root;
    List<EvalSummary> all =
        EvalFiles.reading(
            () -> EvalRun.readAll(runs).stream().map(each -> EvalSummary.of(each, 0)).toList());
    if (json) {
      Output.json(
          spec,
          all.stream()
              .filter(each -> !each.info().needsJudge() || each.info().judge() != null)
              .toList());
    } else if (all.isEmpty()) {
      Output.out(spec).println("No runs yet; `mneme eval ours` makes one.");
    } else {
      Output.out(spec).print(TextReport.terminal().list(all));
    }
    Output.out(spec).flush();
    return ExitCodes.OK;
  }
}

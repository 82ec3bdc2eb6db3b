package dev.mneme.cli;

import dev.mneme.evals.Comparison;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.report.TextReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "compare",
    description = "Whether run B scores higher than run A on the same items, and how sure that is.")
final class EvalCompareCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "RUN_A", description = "A run's id or directory.")
  String runA = "";

  @Parameters(index = "1", paramLabel = "RUN_B", description = "A run's id or directory.")
  String runB = "";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where runs are kept (default: evals in the data directory).")
  @Nullable Path root;

  @Option(
      names = "--metric",
      paramLabel = "NAME",
      description = "What to compare (default: the task's own figure).")
  @Nullable String metric;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Of the test.")
  long seed;

  @Option(
      names = "--not-worse-than",
      paramLabel = "N",
      description = "Exit with 3 when the interval of the difference reaches below -N.")
  @Nullable Double margin;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Option(names = "--markdown", description = "Print as Markdown.")
  boolean markdown;

  @Override
  public Integer call() {
    Path runs = root == null ? GlobalOptions.of(spec).home().dir().resolve("evals") : root;
    EvalRun a = EvalFiles.reading(() -> EvalRun.read(find(runs, runA)));
    EvalRun b = EvalFiles.reading(() -> EvalRun.read(find(runs, runB)));
    if ((a.info().needsJudge() && a.info().judge() == null)
        || (b.info().needsJudge() && b.info().judge() == null)) {
      throw new UserError(
          "a judge's grades are not compared until that judge has a score on LLMBar; run"
              + " `mneme eval llmbar` with it, then the judging again");
    }
    String chosen = metric == null ? a.info().primary().name() : metric;
    Comparison comparison = EvalFiles.reading(() -> Comparison.of(a, b, chosen, seed));
    if (json) {
      Output.json(spec, comparison);
    } else {
      Output.out(spec)
          .print((markdown ? TextReport.markdown() : TextReport.terminal()).render(comparison));
      Output.out(spec).flush();
    }
    return margin != null && comparison.overall().interval().low() < -margin
        ? ExitCodes.GATE
        : ExitCodes.OK;
  }

  static Path find(Path root, String name) {
    Path direct = Path.of(name);
    return Files.isDirectory(direct) ? direct : root.resolve(name);
  }
}

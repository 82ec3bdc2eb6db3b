package dev.mneme.cli;

import dev.mneme.model.checkpoint.CheckpointException;
import dev.mneme.model.checkpoint.CheckpointSummary;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "show",
    description = "Say what a checkpoint folder holds and what it costs to run.")
final class ModelsShowCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "A checkpoint folder with a config.json.")
  Path folder = Path.of("");

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    CheckpointSummary summary;
    try {
      summary = CheckpointSummary.of(folder);
    } catch (CheckpointException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
    if (json) {
      Output.json(spec, summary);
      return ExitCodes.OK;
    }
    var out = Output.out(spec);
    line("family", summary.family());
    line(
        "parameters",
        String.format(
            Locale.ROOT,
            "%,d, of which %,d work on each token",
            summary.parameters(),
            summary.activeParameters()));
    line("stored as", summary.storedAs());
    line(
        "shape",
        String.format(
            Locale.ROOT,
            "%d layers of width %,d, vocabulary %,d",
            summary.layers(),
            summary.hiddenSize(),
            summary.vocabulary()));
    line("context", String.format(Locale.ROOT, "%,d tokens", summary.context()));
    line(
        "cache",
        String.format(
            Locale.ROOT,
            "%,d bytes a token, %.2f %% of multi-head attention of the same width",
            summary.cacheBytesPerToken(),
            100 * summary.cacheRatio()));
    line("content", "sha256:" + summary.contentHash());
    out.flush();
    return ExitCodes.OK;
  }

  private void line(String name, String value) {
    Output.out(spec).println(String.format(Locale.ROOT, "%-11s %s", name, value));
  }
}

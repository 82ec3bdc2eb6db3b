package dev.mneme.cli;

import dev.mneme.data.JsonLines;
import dev.mneme.data.PreferencePair;
import dev.mneme.evals.tasks.PreferenceTask;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "preference",
    description = "How often the model finds the preferred reply of a pair the likelier one.")
final class EvalPreferenceCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin EvalRunOptions options = new EvalRunOptions();

  @Option(
      names = "--pairs",
      required = true,
      paramLabel = "FILE",
      description = "Preference pairs as JSON Lines.")
  Path pairs = Path.of("");

  @Override
  public Integer call() {
    return options.run(
        spec,
        EvalFiles.reading(() -> PreferenceTask.of(JsonLines.readAll(pairs, PreferencePair.class))),
        1);
  }
}

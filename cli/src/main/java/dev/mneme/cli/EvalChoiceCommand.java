package dev.mneme.cli;

import dev.mneme.evals.tasks.ChoiceTask;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "choice",
    description = "Multiple choice by log-likelihood, from MMLU's CSV or from JSON Lines.")
final class EvalChoiceCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin EvalRunOptions options = new EvalRunOptions();

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description =
          "A .csv of question, options, letter; or JSON Lines of question, choices, answer.")
  Path data = Path.of("");

  @Override
  public Integer call() {
    return options.run(spec, EvalFiles.reading(() -> ChoiceTask.of(data)), 1);
  }
}

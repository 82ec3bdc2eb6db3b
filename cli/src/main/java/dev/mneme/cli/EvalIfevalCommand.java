package dev.mneme.cli;

import dev.mneme.evals.ifeval.IfEvalTask;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "ifeval",
    description = "IFEval: 25 kinds of verifiable instruction, strict and loose.")
final class EvalIfevalCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin EvalRunOptions options = new EvalRunOptions();

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "IFEval's input_data.jsonl.")
  Path data = Path.of("");

  @Option(
      names = "--responses",
      paramLabel = "FILE",
      description = "Score these responses (lines with prompt and response) instead of a model's.")
  @org.jspecify.annotations.Nullable
  Path responses;

  @Override
  public Integer call() {
    var task = EvalFiles.reading(() -> IfEvalTask.of(data));
    Path recorded = responses;
    if (recorded == null) {
      return options.run(spec, task, 1024);
    }
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec));
        var model = EvalFiles.reading(() -> new RecordedModel(recorded))) {
      return options.print(
          spec, options.run(spec, bench, task, model, options.settings(1024)), List.of());
    }
  }
}

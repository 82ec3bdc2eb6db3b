package dev.mneme.cli;

import dev.mneme.evals.tasks.CurriculumTask;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(name = "tools", description = "Tool calls: the right tool, the right arguments, or none.")
final class EvalToolsCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin EvalRunOptions options = new EvalRunOptions();
  @Mixin EvalExamples examples = new EvalExamples();

  @Override
  public Integer call() {
    return options.run(
        spec,
        EvalFiles.reading(
            () -> CurriculumTask.tools(examples.read(options.seed, each -> !each.isProse()))),
        96);
  }
}

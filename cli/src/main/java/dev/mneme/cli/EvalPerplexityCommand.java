package dev.mneme.cli;

import dev.mneme.agent.ChatModel;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.tasks.PerplexityTask;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(name = "perplexity", description = "How likely the model finds given replies, by skill.")
final class EvalPerplexityCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin EvalRunOptions options = new EvalRunOptions();
  @Mixin EvalExamples examples = new EvalExamples();

  @Override
  public Integer call() {
    var task =
        EvalFiles.reading(
            () -> PerplexityTask.of(examples.read(options.seed, each -> !each.isProse())));
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec));
        ChatModel model = bench.models().open(options.model)) {
      EvalRun run = options.run(spec, bench, task, model, options.settings(1));
      return options.print(spec, run, Map.of("perplexity", PerplexityTask.perplexities(run)));
    }
  }
}

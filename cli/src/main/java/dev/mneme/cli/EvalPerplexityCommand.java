package dev.mneme.cli;

import dev.mneme.agent.ChatModel;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.tasks.PerplexityTask;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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
        ChatModel model = options.open(bench)) {
      EvalRun run = options.run(spec, bench, task, model, options.settings(1));
      return options.print(spec, run, List.of(perplexity(PerplexityTask.perplexities(run))));
    }
  }

  /** By category and skill: in the JSON a number for each, on paper a table. */
  static EvalRunOptions.Extra perplexity(List<PerplexityTask.Perplexity> all) {
    var numbers = new LinkedHashMap<String, Double>();
    all.forEach(each -> numbers.put(each.group(), each.perplexity()));
    return new EvalRunOptions.Extra(
        "perplexity",
        numbers,
        report ->
            report.table(
                "Perplexity",
                List.of("replies of", "perplexity", "replies", "tokens"),
                all.stream()
                    .map(
                        each ->
                            List.of(
                                each.group(),
                                String.format(Locale.ROOT, "%.3f", each.perplexity()),
                                each.replies() + "",
                                each.tokens() + ""))
                    .toList()));
  }
}

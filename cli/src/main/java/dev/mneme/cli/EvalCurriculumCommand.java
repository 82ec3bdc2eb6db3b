package dev.mneme.cli;

import dev.mneme.agent.ChatModel;
import dev.mneme.data.Sampling;
import dev.mneme.data.TrainingExample;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.RunSettings;
import dev.mneme.evals.tasks.CurriculumTask;
import dev.mneme.evals.tasks.Diversity;
import dev.mneme.evals.tasks.DiversityTask;
import dev.mneme.evals.tasks.PerplexityTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "curriculum",
    description =
        "The curriculum on held-out wording: every check by skill, perplexity by skill, and how"
            + " much samples at temperature 0.7 differ.")
final class EvalCurriculumCommand implements Callable<Integer> {
  private static final int SAMPLES = 4;
  private static final int OPEN_PROMPTS = 40;

  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin EvalRunOptions options = new EvalRunOptions();
  @Mixin EvalExamples examples = new EvalExamples();

  @Option(
      names = "--checks-only",
      description = "Leave out perplexity and the difference of samples.")
  boolean checksOnly;

  @Override
  public Integer call() {
    List<TrainingExample> all =
        EvalFiles.reading(() -> examples.read(options.seed, each -> !each.isProse()));
    EvalTask checks = EvalFiles.reading(() -> CurriculumTask.of(all));
    RunSettings settings = options.settings(96);
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec));
        ChatModel model = options.open(bench)) {
      EvalRun run = options.run(spec, bench, checks, model, settings);
      var more = new ArrayList<EvalRunOptions.Extra>();
      if (!checksOnly) {
        EvalRun likelihoods = options.run(spec, bench, PerplexityTask.of(all), model, settings);
        more.add(EvalPerplexityCommand.perplexity(PerplexityTask.perplexities(likelihoods)));
        more.add(told(diversity(bench, model, all)));
      }
      return options.print(spec, run, more);
    }
  }

  private static EvalRunOptions.Extra told(Diversity diversity) {
    return new EvalRunOptions.Extra(
        "diversity",
        diversity,
        report ->
            report.table(
                "How much replies to one open request differ, " + SAMPLES + " samples at 0.7",
                List.of("requests", "with different replies", "distinct-2"),
                List.of(
                    List.of(
                        diversity.prompts() + "",
                        String.format(Locale.ROOT, "%.1f %%", 100 * diversity.differing()),
                        String.format(Locale.ROOT, "%.3f", diversity.distinct2())))));
  }

  private Diversity diversity(Workbench bench, ChatModel model, List<TrainingExample> all) {
    RunSettings sampled =
        new RunSettings(
            Sampling.greedy(96).withTemperature(0.7).withSeed(options.seed),
            SAMPLES,
            null,
            Set.of(),
            options.maxTokens,
            null,
            options.parallel,
            options.retries,
            Duration.ofSeconds(1));
    return Diversity.of(
        options.run(spec, bench, DiversityTask.of(all, OPEN_PROMPTS), model, sampled));
  }
}

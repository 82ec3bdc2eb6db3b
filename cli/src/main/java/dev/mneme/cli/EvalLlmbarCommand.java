package dev.mneme.cli;

import dev.mneme.evals.judge.JudgePrompt;
import dev.mneme.evals.judge.LlmBar;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "llmbar",
    description =
        "LLMBar: how well a model judges, beside what \"the longer one wins\" would reach. A judge"
            + " needs this before its grades are shown.")
final class EvalLlmbarCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin EvalRunOptions options = new EvalRunOptions();

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "The folder with LLMBar_*_dataset.json.")
  Path data = Path.of("");

  @Option(
      names = "--judge-prompts",
      paramLabel = "FILE",
      description = "Judge prompts in FastChat's format (default: our own).")
  @Nullable Path judgePrompts;

  @Override
  public Integer call() {
    Path prompts = judgePrompts;
    return options.run(
        spec,
        EvalFiles.reading(
            () ->
                LlmBar.of(data, prompts == null ? JudgePrompt.ours() : JudgePrompt.read(prompts))),
        1024);
  }
}

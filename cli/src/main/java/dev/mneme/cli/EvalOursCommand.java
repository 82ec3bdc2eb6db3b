package dev.mneme.cli;

import dev.mneme.evals.ChatSolver;
import dev.mneme.evals.ours.OurPrompts;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "ours",
    description = "Our 80 two-turn prompts in eight categories, graded from 1 to 10 by rubric.")
final class EvalOursCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin EvalRunOptions options = new EvalRunOptions();

  @Override
  public Integer call() {
    return options.run(
        spec,
        options.temperature == null ? OurPrompts.task() : OurPrompts.task(ChatSolver.plain()),
        160);
  }
}

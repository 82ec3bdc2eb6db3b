package dev.mneme.cli;

import dev.mneme.cli.experiment.Experiment;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "robustness",
    description = {
      "Whether people who reward bad replies spoil the model, with and without censor and gate."
    })
final class ExperimentRobustnessCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ExperimentOptions options = new ExperimentOptions();

  @Override
  public Integer call() throws InterruptedException {
    return options.run(spec, Experiment.robustness(), 12);
  }
}

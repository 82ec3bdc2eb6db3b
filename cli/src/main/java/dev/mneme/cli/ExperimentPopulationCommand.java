package dev.mneme.cli;

import dev.mneme.cli.experiment.Experiment;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "population",
    description = {
      "Whether a shared memory helps those who come later, and whether anything private leaks."
    })
final class ExperimentPopulationCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ExperimentOptions options = new ExperimentOptions();

  @Override
  public Integer call() throws InterruptedException {
    return options.run(spec, Experiment.population(), 24);
  }
}

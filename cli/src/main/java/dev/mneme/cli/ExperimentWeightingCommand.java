package dev.mneme.cli;

import dev.mneme.cli.experiment.Experiment;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "weighting",
    description = {
      "What each factor of a preference's weight is good for: all against none, frequency, recency"
          + " and intensity."
    })
final class ExperimentWeightingCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ExperimentOptions options = new ExperimentOptions();

  @Option(
      names = "--drift",
      description = "The people change their mind after a third of the generations.")
  boolean drift;

  @Override
  public Integer call() throws InterruptedException {
    return options.run(spec, Experiment.weighting(drift), 12);
  }
}

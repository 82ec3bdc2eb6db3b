package dev.mneme.cli;

import dev.mneme.cli.experiment.Experiment;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "closed-loop",
    description = {
      "Does satisfaction rise with generations? The closed loop against supervised learning alone,"
          + " memory alone, and nothing."
    })
final class ExperimentClosedLoopCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();
  @Mixin ExperimentOptions options = new ExperimentOptions();

  @Override
  public Integer call() throws InterruptedException {
    return options.run(spec, Experiment.closedLoop(), 12);
  }
}

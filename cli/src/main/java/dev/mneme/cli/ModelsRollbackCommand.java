package dev.mneme.cli;

import dev.mneme.dpo.registry.CheckpointManifest;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "rollback", description = "Back to the checkpoint that answered before.")
final class ModelsRollbackCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(names = "--reason", description = "Why, for the journal.")
  String reason = "rolled back by hand";

  @Override
  public Integer call() {
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      CheckpointManifest now = bench.registry().rollback(reason);
      Output.out(spec).println(now.name() + " " + now.id() + " answers from now on.");
      return ExitCodes.OK;
    }
  }
}

package dev.mneme.cli;

import dev.mneme.dpo.registry.CheckpointManifest;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "promote", description = "Make a checkpoint answer from now on.")
final class ModelsPromoteCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "ID", description = "Id, prefix of it, or name.")
  String id = "";

  @Option(names = "--reason", description = "Why, for the journal.")
  String reason = "promoted by hand";

  @Override
  public Integer call() {
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      CheckpointManifest manifest = bench.registry().require(id);
      bench.registry().promote(manifest, reason);
      Output.out(spec).println(manifest.name() + " " + manifest.id() + " answers from now on.");
      return ExitCodes.OK;
    }
  }
}

package dev.mneme.cli;

import dev.mneme.dpo.registry.CheckpointManifest;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "prune",
    description = "Delete rejected and superseded checkpoints; what serves and the way back stay.")
final class ModelsPruneCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--keep",
      paramLabel = "N",
      description = "Also keep the newest N (default: ${DEFAULT-VALUE}).")
  int keep = 3;

  @Override
  public Integer call() {
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      List<CheckpointManifest> deleted = bench.registry().prune(keep);
      deleted.forEach(m -> Output.out(spec).println("deleted " + m.id() + " " + m.name()));
      Output.out(spec).println(deleted.size() + " deleted.");
      return ExitCodes.OK;
    }
  }
}

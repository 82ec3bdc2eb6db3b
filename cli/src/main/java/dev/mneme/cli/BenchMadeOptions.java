package dev.mneme.cli;

import dev.mneme.cli.made.MadeTraining;
import dev.mneme.data.FileTrees;
import dev.mneme.data.curriculum.Curriculum;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What the benchmarks of made preferences have in common. */
final class BenchMadeOptions {
  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "A checkpoint folder, a registered checkpoint, or active (default).")
  String model = "active";

  @Option(
      names = "--pairs",
      paramLabel = "N",
      description = "Pairs to train on (default: ${DEFAULT-VALUE}).")
  int pairs = 300;

  @Option(
      names = "--items",
      paramLabel = "N",
      description = "Held-out prompts, at most (default: ${DEFAULT-VALUE}).")
  int items = 60;

  @Option(
      names = "--curriculum-items",
      paramLabel = "N",
      description = "Held-out curriculum examples (default: ${DEFAULT-VALUE}).")
  int curriculumItems = 200;

  @Option(names = "--seed", paramLabel = "N", description = "Of everything (default: 1).")
  long seed = 1;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  int run(
      CommandSpec spec, Curriculum curriculum, List<Double> shares, Consumer<MadeTraining> use) {
    MadeTraining.Size size;
    try {
      size = new MadeTraining.Size(pairs, items, curriculumItems, shares, seed);
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
    PrintWriter err = Output.err(spec);
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      Path work = Files.createTempDirectory("mneme-made-");
      try {
        use.accept(
            new MadeTraining(
                bench.models(),
                curriculum,
                bench.config().training(),
                base(bench),
                work,
                size,
                line -> {
                  err.println(line);
                  err.flush();
                }));
        return ExitCodes.OK;
      } finally {
        FileTrees.delete(work);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot create a temporary folder", e);
    }
  }

  private Path base(Workbench bench) {
    Path folder = Path.of(model);
    if (!model.equals("active") && Files.isDirectory(folder)) {
      return folder;
    }
    CheckpointRegistry registry = bench.registry();
    CheckpointManifest manifest =
        model.equals("active")
            ? registry
                .active()
                .orElseThrow(
                    () ->
                        new UserError(
                            "no model is active; name a checkpoint folder with --model",
                            ExitCodes.FAILURE,
                            null))
            : registry.require(model);
    return registry.folder(manifest);
  }
}

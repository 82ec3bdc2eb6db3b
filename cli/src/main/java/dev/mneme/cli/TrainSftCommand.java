package dev.mneme.cli;

import dev.mneme.model.ModelConfig;
import dev.mneme.model.OptimizerConfig;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "sft",
    description = "Fine-tune a checkpoint on examples, with the loss on replies only.")
final class TrainSftCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin TrainingRun training = new TrainingRun();

  @Parameters(paramLabel = "MODEL", description = "The checkpoint folder to start from.")
  Path model = Path.of("");

  @Override
  public Integer call() {
    return training.execute(
        spec,
        model,
        OptimizerConfig.adamW(),
        1e-4,
        0,
        0,
        model,
        (vocabulary, template) -> ModelConfig.read(model));
  }
}

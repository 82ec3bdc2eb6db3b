package dev.mneme.cli;

import dev.mneme.model.ModelConfig;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.text.BpeTrainer;
import dev.mneme.model.train.StarterShape;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "pretrain",
    description = {
      "Train a model from nothing, or go on with a run.",
      "First the loss covers whole conversations, then, as the schedule cools down, replies only."
    })
final class TrainPretrainCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin TrainingRun training = new TrainingRun();

  @Option(
      names = "--tokenizer",
      required = true,
      paramLabel = "DIR",
      description = "Folder with tokenizer.json, as 'train tokenizer' writes it.")
  Path tokenizer = Path.of("");

  @Option(
      names = "--shape",
      paramLabel = "DIR",
      description = "Folder whose config.json gives the shape (default: the starter's).")
  @Nullable Path shape;

  @Option(
      names = "--prompt-weight",
      defaultValue = "1",
      description = "What a token outside the replies counts at first (${DEFAULT-VALUE}).")
  double promptWeight;

  @Option(
      names = "--replies-only-from",
      defaultValue = "0.7",
      description = "Part of the run after which only replies count (${DEFAULT-VALUE}).")
  double repliesOnlyFrom;

  @Override
  public Integer call() {
    return training.execute(
        spec,
        tokenizer,
        OptimizerConfig.muon(),
        3e-3,
        promptWeight,
        repliesOnlyFrom,
        null,
        (vocabulary, template) -> {
          Path folder = shape;
          return folder != null
              ? ModelConfig.read(folder)
              : StarterShape.config(
                  vocabulary.size(),
                  training.maxTokens,
                  vocabulary.id(BpeTrainer.BOS).orElse(0),
                  template.endId());
        });
  }
}

package dev.mneme.cli;

import dev.mneme.cli.evolve.Replay;
import dev.mneme.data.RatedReply;
import dev.mneme.data.curriculum.Curriculum;
import dev.mneme.dpo.train.DpoConfig;
import dev.mneme.dpo.train.GroundingSummary;
import dev.mneme.dpo.train.ModelCandidateTrainer;
import dev.mneme.dpo.train.StepMetrics;
import dev.mneme.dpo.train.TrainingException;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.TrainingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "sft",
    description = {
      "Fine-tune a checkpoint on examples, with the loss on replies only.",
      "With --replies or --pairs: on replies that satisfied, each by its satisfaction (chosen"
          + " replies of pairs satisfy fully); keys of 'training' in the configuration apply"
          + " (training.sftEpochs, training.sftLearningRate, training.satisfactionFloor).",
    })
final class TrainSftCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin TrainingRun training = new TrainingRun();

  @Parameters(paramLabel = "MODEL", description = "The checkpoint folder to start from.")
  Path model = Path.of("");

  @Option(
      names = "--replies",
      paramLabel = "FILE",
      description = "Rated replies, one a line, instead of --data.")
  @Nullable Path replies;

  @Option(
      names = "--pairs",
      paramLabel = "FILE",
      description = "Preference pairs, of which the chosen replies are imitated.")
  @Nullable Path pairs;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "With --replies or --pairs: where the trained checkpoint goes; new or empty.")
  @Nullable Path out;

  @Override
  public Integer call() {
    if (replies != null || pairs != null) {
      return imitate();
    }
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

  private int imitate() {
    List<RatedReply> rated = new ArrayList<>();
    if (replies != null) {
      rated.addAll(PairFiles.replies(replies));
    }
    if (pairs != null) {
      rated.addAll(PairFiles.chosen(PairFiles.pairs(pairs).pairs()));
    }
    Path target = target();
    DpoConfig config = GlobalOptions.of(spec).config().training();
    GroundingSummary summary;
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      var trainer =
          new ModelCandidateTrainer(
              config,
              TrainingOptions.defaults(),
              new Replay(Curriculum.load(), bench.models(), config.seed()),
              null,
              InstantSource.system(),
              System::nanoTime);
      summary = trainer.ground(model, rated, target, this::show);
    } catch (TrainingException e) {
      Output.err(spec).println("mneme: " + e.getMessage());
      return ExitCodes.NOTHING_TO_LEARN;
    }
    if (training.json) {
      Output.json(spec, summary);
    } else {
      Output.out(spec)
          .printf(
              Locale.ROOT,
              "%d replies imitated in %d steps; loss a token %.4f -> %.4f%nWritten: %s%n",
              summary.replies(),
              summary.steps(),
              summary.lossBefore(),
              summary.lossAfter(),
              target);
      Output.out(spec).flush();
    }
    return ExitCodes.OK;
  }

  private Path target() {
    if (out == null) {
      throw new UserError("--out DIR says where the trained checkpoint goes");
    }
    try {
      Files.createDirectories(out);
      try (Stream<Path> entries = Files.list(out)) {
        if (entries.findAny().isPresent()) {
          throw new UserError(out + " is not empty; name a new folder with --out");
        }
      }
      return out;
    } catch (IOException e) {
      throw new UserError("cannot create " + out + ": " + e.getMessage(), ExitCodes.FAILURE, e);
    }
  }

  private void show(StepMetrics step) {
    if (step.step() % 10 == 0 || step.step() == step.steps()) {
      Output.err(spec)
          .printf(
              Locale.ROOT,
              "sft %d/%d  loss %.4f  grad_norm %.3f%n",
              step.step(),
              step.steps(),
              step.loss(),
              step.gradNorm());
      Output.err(spec).flush();
    }
  }
}

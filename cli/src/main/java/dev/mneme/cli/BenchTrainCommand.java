package dev.mneme.cli;

import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.TrainBenchmark;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.TrainingOptions;
import dev.mneme.model.checkpoint.CheckpointException;
import dev.mneme.model.tensor.DType;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "train",
    description = "Measure training steps and where their time goes. Writes nothing.")
final class BenchTrainCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "A checkpoint folder; no tokenizer is needed.")
  Path folder = Path.of("");

  @Option(names = "--batch", description = "Sequences in a batch (default: 16).")
  int batch = 16;

  @Option(names = "--seq", description = "Tokens of a sequence (default: 256).")
  int sequence = 256;

  @Option(names = "--precision", description = "bf16 (the default) or f32.")
  String precision = "bf16";

  @Option(names = "--optimizer", description = "adamw (the default) or muon.")
  String optimizer = "adamw";

  @Option(names = "--threads", description = "Threads to compute on (default: all processors).")
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--seconds",
      description = "Time to measure, and as much to warm up (default: 15).")
  double seconds = 15;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    TrainBenchmark.Result result;
    try (TrainableModel model =
        TrainableModel.load(folder, optimizer(), new TrainingOptions(products(), threads))) {
      result = TrainBenchmark.run(model, batch, sequence, seconds, System::nanoTime);
    } catch (CheckpointException | IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
    if (json) {
      Output.json(spec, result);
      return ExitCodes.OK;
    }
    Output.out(spec)
        .println(
            String.format(
                Locale.ROOT,
                "training    %,.0f tokens/s (best step %,.0f; this process had %.0f %% of the"
                    + " processors), %d x %d tokens, %s",
                result.trainTokensPerSecond(),
                result.bestTokensPerSecond(),
                100 * result.processorShare(),
                result.batch(),
                result.sequence(),
                result.optimizer()));
    result
        .millisecondsByPart()
        .forEach(
            (part, ms) ->
                Output.out(spec)
                    .println(String.format(Locale.ROOT, "  %-10s %8.1f ms a step", part, ms)));
    Output.out(spec)
        .println(
            String.format(
                Locale.ROOT,
                "memory      %,.0f MB at the peak; a step needs %,.0f MB%n"
                    + "computed in %s by %s, %s, %d threads",
                result.peakMemoryBytes() / 1e6,
                (result.parameterBytes() + result.optimizerBytes() + result.activationBytes())
                    / 1e6,
                result.precision(),
                result.library(),
                result.isa(),
                result.threads()));
    Output.out(spec).flush();
    return ExitCodes.OK;
  }

  private DType products() {
    return switch (precision.toLowerCase(Locale.ROOT)) {
      case "bf16" -> DType.BF16;
      case "f32" -> DType.F32;
      default ->
          throw new IllegalArgumentException(
              "precision is " + precision + ", expected bf16 or f32");
    };
  }

  private OptimizerConfig optimizer() {
    return switch (optimizer.toLowerCase(Locale.ROOT)) {
      case "adamw" -> OptimizerConfig.adamW();
      case "muon" -> OptimizerConfig.muon();
      default ->
          throw new IllegalArgumentException(
              "optimizer is " + optimizer + ", expected adamw or muon");
    };
  }
}

package dev.mneme.cli;

import dev.mneme.model.checkpoint.CheckpointException;
import dev.mneme.model.checkpoint.DType;
import dev.mneme.model.checkpoint.SafetensorsWriter;
import dev.mneme.model.checkpoint.TensorSource;
import dev.mneme.model.serve.CpuDecoder;
import dev.mneme.model.serve.Decoder;
import dev.mneme.model.serve.Precision;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "logits",
    description = "Write a model's logits for given token ids, to compare with other runtimes.")
final class ModelsLogitsCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "A checkpoint folder; no tokenizer is needed.")
  Path folder = Path.of("");

  @Option(
      names = "--ids",
      required = true,
      split = ",",
      paramLabel = "ID",
      description = "Token ids, separated by commas.")
  List<Integer> ids = List.of();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "Safetensors file to write: tensor 'logits' [tokens, vocabulary] in F32.")
  Path out = Path.of("");

  @Option(names = "--precision", description = "f32 (the default), bf16 or int8.")
  String precision = "f32";

  @Option(names = "--threads", description = "Threads to compute on (default: all processors).")
  int threads = Runtime.getRuntime().availableProcessors();

  @Override
  public Integer call() {
    int[] tokens = ids.stream().mapToInt(Integer::intValue).toArray();
    try (Decoder decoder = CpuDecoder.open(folder, Precision.of(precision), threads)) {
      float[] logits = decoder.logits(tokens);
      SafetensorsWriter.write(
          out,
          List.of(
              TensorSource.floats(
                  "logits",
                  List.of((long) tokens.length, (long) decoder.config().vocabSize()),
                  MemorySegment.ofArray(logits),
                  DType.F32)),
          Map.of("precision", decoder.precision().label()));
    } catch (CheckpointException | IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
    Output.err(spec).println("wrote logits of " + tokens.length + " tokens to " + out);
    return ExitCodes.OK;
  }
}

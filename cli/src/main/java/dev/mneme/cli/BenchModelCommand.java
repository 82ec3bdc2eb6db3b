package dev.mneme.cli;

import dev.mneme.model.checkpoint.CheckpointException;
import dev.mneme.model.serve.CpuDecoder;
import dev.mneme.model.serve.ModelBenchmark;
import dev.mneme.model.serve.Precision;
import dev.mneme.model.serve.Prefill;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "model",
    description = "Measure prefill, decoding and sixteen sequences decoding together.")
final class BenchModelCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "A checkpoint folder; no tokenizer is needed.")
  Path folder = Path.of("");

  @Option(names = "--precision", description = "f32, bf16 (the default) or int8.")
  String precision = "bf16";

  @Option(
      names = "--prefill",
      description =
          "fast (the default; bf16 products where the processor has them) or invariant (how chat"
              + " and simulation run: bits do not depend on how a prompt is cut).")
  String prefill = "fast";

  @Option(names = "--threads", description = "Threads to compute on (default: all processors).")
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--seconds",
      description = "Time for each measurement, and as much to warm up (default: 4).")
  double seconds = 4;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    ModelBenchmark.Result result;
    try (CpuDecoder decoder =
        CpuDecoder.open(folder, Precision.of(precision), Prefill.of(prefill), threads)) {
      result = ModelBenchmark.run(decoder, seconds, System::nanoTime);
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
                """
                prefill     %,.0f tokens/s
                decode      %,.0f tokens/s
                sixteen     %,.0f tokens/s together
                memory      %,.0f MB at the peak
                kept as     %s, %s, %d threads

                microseconds a token, by part
                %-12s %10s %10s %10s
                %s\
                """,
                result.prefillTokensPerSecond(),
                result.decodeTokensPerSecond(),
                result.decodeBatch16TokensPerSecond(),
                result.peakMemoryBytes() / 1e6,
                result.precision(),
                result.isa(),
                result.threads(),
                "",
                "prefill",
                "decode",
                "sixteen",
                parts(result)));
    Output.out(spec).flush();
    return ExitCodes.OK;
  }

  private static String parts(ModelBenchmark.Result result) {
    StringBuilder table = new StringBuilder();
    for (String part : result.prefillParts().keySet()) {
      table.append(
          String.format(
              Locale.ROOT,
              "%-12s %10.2f %10.2f %10.2f%n",
              part,
              result.prefillParts().get(part),
              result.decodeParts().get(part),
              result.decodeBatch16Parts().get(part)));
    }
    return table.toString().stripTrailing();
  }
}

package dev.mneme.cli;

import dev.mneme.dpo.train.DpoBenchmark;
import dev.mneme.model.TrainingOptions;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "dpo", description = "Preference pairs trained per second, full weights.")
final class BenchDpoCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "A checkpoint folder; no tokenizer is needed.")
  Path folder = Path.of("");

  @Option(
      names = "--prompt",
      paramLabel = "TOKENS",
      description = "Tokens of a prompt (default: ${DEFAULT-VALUE}).")
  int prompt = 64;

  @Option(
      names = "--reply",
      paramLabel = "TOKENS",
      description = "Tokens of a reply (default: ${DEFAULT-VALUE}).")
  int reply = 64;

  @Option(
      names = "--batch",
      paramLabel = "PAIRS",
      description = "Pairs per step (default: ${DEFAULT-VALUE}).")
  int batch = 16;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Steps counted, and as many to warm up (default: ${DEFAULT-VALUE}).")
  int steps = 8;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    DpoBenchmark.Result result =
        DpoBenchmark.run(
            folder, prompt, reply, batch, steps, TrainingOptions.defaults(), System::nanoTime);
    if (json) {
      Output.json(spec, result);
    } else {
      Output.out(spec)
          .printf(
              Locale.ROOT,
              "%.1f pairs/s of %d + %d tokens, %d a step; references %.0f ms; %,d MB at the peak%n",
              result.pairsPerSecond(),
              prompt,
              reply,
              batch,
              result.referenceMillis(),
              result.peakMemoryBytes() >> 20);
      Output.out(spec).flush();
    }
    return ExitCodes.OK;
  }
}

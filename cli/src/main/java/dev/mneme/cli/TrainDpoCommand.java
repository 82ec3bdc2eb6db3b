package dev.mneme.cli;

import dev.mneme.data.JsonLines;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import dev.mneme.dpo.cycle.PairHygiene;
import dev.mneme.dpo.cycle.TrainingSet;
import dev.mneme.dpo.train.ChatReplyEncoder;
import dev.mneme.dpo.train.DpoConfig;
import dev.mneme.dpo.train.ModelCandidateTrainer;
import dev.mneme.dpo.train.StepMetrics;
import dev.mneme.dpo.train.TrainingSummary;
import dev.mneme.model.TrainingOptions;
import dev.mneme.model.text.ChatTemplate;
import dev.mneme.model.text.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "dpo",
    description =
        "Train on preference pairs; every key of 'training' in the configuration applies, for"
            + " example --set training.beta=0.2.")
final class TrainDpoCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--pairs",
      paramLabel = "FILE",
      required = true,
      description = "Preference pairs as 'mneme preferences export --format mneme' writes them.")
  Path pairs = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "DIR",
      required = true,
      description = "The checkpoint folder to start from; it is not changed.")
  Path model = Path.of("");

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Where the trained checkpoint goes; new or empty.")
  Path out = Path.of("");

  @Option(names = "--no-replay", description = "Do not replay the curriculum beside the pairs.")
  boolean noReplay;

  @Option(names = "--json", description = "Print the summary as JSON.")
  boolean json;

  @Override
  public Integer call() {
    DpoConfig config = GlobalOptions.of(spec).config().training();
    TrainingSet set = read(config);
    if (set.trainPairs().isEmpty()) {
      Output.err(spec).println("mneme: nothing to learn in " + pairs + ": " + set.dropped());
      return ExitCodes.NOTHING_TO_LEARN;
    }
    prepareOut();
    PrintWriter err = Output.err(spec);
    TrainingSummary summary;
    try (Writer metrics = Files.newBufferedWriter(out.resolve("metrics.jsonl"))) {
      var trainer =
          new ModelCandidateTrainer(
              config,
              TrainingOptions.defaults(),
              replay(config),
              null,
              InstantSource.system(),
              System::nanoTime);
      summary = trainer.trainSummary(model, set, out, step -> show(step, metrics, err));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + out, e);
    }
    report(set, summary);
    return ExitCodes.OK;
  }

  private TrainingSet read(DpoConfig config) {
    if (!Files.isRegularFile(pairs)) {
      throw new UserError("there is no file " + pairs);
    }
    List<PreferencePair> read = JsonLines.readAll(pairs, PreferencePair.class);
    try (Tokenizer tokenizer = Tokenizer.open(model)) {
      var encoder =
          new ChatReplyEncoder(ChatTemplate.open(model, tokenizer, InstantSource.system()));
      PairHygiene.Cleaned cleaned =
          new PairHygiene(config.maxTokens(), 3, encoder::count).clean(read);
      return new TrainingSet(0, cleaned.kept(), List.of(), List.of(), cleaned.dropped());
    }
  }

  private @Nullable Supplier<Iterator<TrainingExample>> replay(DpoConfig config) {
    if (noReplay || config.replayFraction() == 0) {
      return null;
    }
    Curriculum curriculum = Curriculum.load();
    return () -> curriculum.examples(config.seed(), false).filter(e -> !e.isProse()).iterator();
  }

  private void prepareOut() {
    try {
      Files.createDirectories(out);
      try (Stream<Path> entries = Files.list(out)) {
        if (entries.findAny().isPresent()) {
          throw new UserError(out + " is not empty; name a new folder with --out");
        }
      }
    } catch (IOException e) {
      throw new UserError("cannot create " + out + ": " + e.getMessage(), ExitCodes.FAILURE, e);
    }
  }

  private static void show(StepMetrics step, Writer metrics, PrintWriter err) {
    try {
      metrics.write(JsonLines.line(step));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write metrics", e);
    }
    if (step.step() % 10 == 0 || step.step() == step.steps()) {
      err.printf(
          Locale.ROOT,
          "step %d/%d  loss %.4f  rewards/accuracies %.2f  rewards/margins %.3f  kl %.4f  %.1f"
              + " pairs/s%n",
          step.step(),
          step.steps(),
          step.loss(),
          step.rewardsAccuracies(),
          step.rewardsMargins(),
          step.kl(),
          step.pairsPerSecond());
      err.flush();
    }
  }

  private void report(TrainingSet set, TrainingSummary summary) {
    if (json) {
      Output.json(spec, summary);
      return;
    }
    PrintWriter stdout = Output.out(spec);
    set.dropped().forEach((why, n) -> stdout.printf(Locale.ROOT, "left out: %d, %s%n", n, why));
    stdout.printf(
        Locale.ROOT,
        "%d pairs, %d steps, %s.%nloss %.4f, rewards/accuracies %.3f, rewards/margins %.3f, kl"
            + " %.4f, correlation of margin with reply length %.2f.%nWritten: %s%n",
        set.trainPairs().size(),
        summary.steps(),
        summary.stoppedBecause(),
        summary.loss(),
        summary.rewardAccuracy(),
        summary.rewardMargin(),
        summary.kl(),
        summary.lengthCorrelation(),
        out);
    stdout.flush();
  }
}

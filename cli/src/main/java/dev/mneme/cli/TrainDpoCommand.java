package dev.mneme.cli;

import dev.mneme.cli.evolve.Replay;
import dev.mneme.data.JsonLines;
import dev.mneme.data.RatedReply;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
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
            + " example --set training.beta=0.2. A run that was killed goes on when the same"
            + " command is given again.")
final class TrainDpoCommand implements Callable<Integer> {
  /** Where a run keeps what it needs to go on; gone when it is done. */
  private static final String STATE = ".state";

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--pairs",
      paramLabel = "FILE",
      required = true,
      description = "Preference pairs as 'mneme preferences export --format mneme' writes them.")
  Path pairs = Path.of("");

  @Option(
      names = "--replies",
      paramLabel = "FILE",
      description =
          "Rated replies, one a line: imitated before the pairs, by their satisfaction; with kto,"
              + " learned from on their own as well.")
  @Nullable Path replies;

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
      description = "Where the trained checkpoint goes; new, empty, or of a run to go on with.")
  Path out = Path.of("");

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      description =
          "sigmoid (DPO), robust, hinge, ipo, sigmoid_norm (length-normalised), simpo, orpo,"
              + " apo_zero or kto, with the settings of its paper; without it,"
              + " training.loss of the configuration with training.beta and the rest.")
  @Nullable String loss;

  @Option(
      names = "--lora-rank",
      paramLabel = "R",
      description =
          "Rank of the low-rank update that is trained; it is merged into the checkpoint and also"
              + " written to adapter/ as PEFT does (training.loraRank). 0 trains all weights, at a"
              + " fifth of the learning rates.")
  @Nullable Integer loraRank;

  @Option(names = "--no-replay", description = "Do not replay the curriculum beside the pairs.")
  boolean noReplay;

  @Option(names = "--json", description = "Print the summary as JSON.")
  boolean json;

  private boolean firstStep = true;

  @Override
  public Integer call() {
    DpoConfig config = config();
    TrainingSet set = read(config);
    if (set.trainPairs().isEmpty()) {
      Output.err(spec).println("mneme: nothing to learn in " + pairs + ": " + set.dropped());
      return ExitCodes.NOTHING_TO_LEARN;
    }
    prepareOut();
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      var trainer =
          new ModelCandidateTrainer(
              config,
              TrainingOptions.defaults(),
              noReplay ? null : new Replay(Curriculum.load(), bench.models(), config.seed()),
              null,
              InstantSource.system(),
              System::nanoTime);
      report(set, trainer.trainSummary(model, set, out, out.resolve(STATE), this::show));
    }
    return ExitCodes.OK;
  }

  private DpoConfig config() {
    DpoConfig config = GlobalOptions.of(spec).config().training();
    try {
      if (loss != null) {
        config = config.withLoss(loss);
      }
      return loraRank == null ? config : config.withRank(loraRank);
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
  }

  private TrainingSet read(DpoConfig config) {
    PairFiles.Pairs read = PairFiles.pairs(pairs);
    List<RatedReply> rated = replies == null ? List.of() : PairFiles.replies(replies);
    try (Tokenizer tokenizer = Tokenizer.open(model)) {
      var encoder =
          new ChatReplyEncoder(ChatTemplate.open(model, tokenizer, InstantSource.system()));
      PairHygiene.Cleaned cleaned =
          new PairHygiene(config.maxTokens(), 3, encoder::count).clean(read.pairs());
      Map<String, Integer> dropped = new TreeMap<>(read.dropped());
      cleaned.dropped().forEach((reason, n) -> dropped.merge(reason, n, Integer::sum));
      return new TrainingSet(0, cleaned.kept(), List.of(), rated, dropped);
    }
  }

  private void prepareOut() {
    try {
      Files.createDirectories(out);
      try (Stream<Path> entries = Files.list(out)) {
        if (!Files.isDirectory(out.resolve(STATE)) && entries.findAny().isPresent()) {
          throw new UserError(out + " is not empty; name a new folder with --out");
        }
      }
      Files.createDirectories(out.resolve(STATE));
    } catch (IOException e) {
      throw new UserError("cannot create " + out + ": " + e.getMessage(), ExitCodes.FAILURE, e);
    }
  }

  private void show(StepMetrics step) {
    try {
      Path metrics = out.resolve("metrics.jsonl");
      if (firstStep) {
        firstStep = false;
        JsonLines.write(metrics, before(step, metrics));
      }
      Files.writeString(
          metrics, JsonLines.line(step), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write metrics", e);
    }
    PrintWriter err = Output.err(spec);
    if (step.step() % 10 == 0 || step.step() == step.steps()) {
      err.printf(
          Locale.ROOT,
          "%s %d/%d  loss %.4f  rewards/accuracies %.2f  rewards/margins %.3f  kl %.4f  %.1f"
              + " pairs/s%n",
          step.phase(),
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

  /** What the killed run wrote up to the state that this one goes on from. */
  private static List<StepMetrics> before(StepMetrics step, Path metrics) {
    if (!Files.exists(metrics)) {
      return List.of();
    }
    return JsonLines.readAll(metrics, StepMetrics.class).stream()
        .takeWhile(m -> !(m.phase().equals(step.phase()) && m.step() == step.step()))
        .toList();
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
            + " %.4f, correlation of margin with reply length %.2f, length drift %+.3f.%n"
            + "Written: %s%n",
        set.trainPairs().size(),
        summary.steps(),
        summary.stoppedBecause(),
        summary.loss(),
        summary.rewardAccuracy(),
        summary.rewardMargin(),
        summary.kl(),
        summary.lengthCorrelation(),
        summary.lengthDrift(),
        out);
    stdout.flush();
  }
}

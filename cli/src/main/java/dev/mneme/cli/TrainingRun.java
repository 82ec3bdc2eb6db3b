package dev.mneme.cli;

import dev.mneme.data.JsonLines;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.TrainingOptions;
import dev.mneme.model.text.ChatTemplate;
import dev.mneme.model.text.Tokenizer;
import dev.mneme.model.train.ExampleSource;
import dev.mneme.model.train.Export;
import dev.mneme.model.train.Schedule;
import dev.mneme.model.train.StepMetrics;
import dev.mneme.model.train.Trainer;
import dev.mneme.model.train.TrainingConfig;
import dev.mneme.model.train.TrainingResult;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What {@code train pretrain} and {@code train sft} have in common: options, data, progress. */
final class TrainingRun {
  @Option(
      names = "--run",
      paramLabel = "DIR",
      description = "The run's folder: metrics, checkpoints. An interrupted run goes on from here.")
  @Nullable Path runFolder;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "JSON Lines of training examples; without it, the curriculum.")
  List<Path> data = new ArrayList<>();

  @Option(
      names = "--export",
      paramLabel = "DIR",
      description = "At the end, write the model here in bf16, ready to chat with.")
  @Nullable Path export;

  @Option(names = "--seed", defaultValue = "1", description = "Seed of data and weights.")
  long seed;

  @Option(
      names = "--max-wall",
      converter = DurationConverter.class,
      paramLabel = "TIME",
      description = "End after this time, for example 90m or 3h; the schedule fits itself to it.")
  @Nullable Duration maxWall;

  @Option(names = "--steps", defaultValue = "0", description = "End after this many steps.")
  long steps;

  @Option(
      names = "--batch-tokens",
      defaultValue = "4096",
      description = "Tokens of one step (${DEFAULT-VALUE}).")
  int batchTokens;

  @Option(
      names = "--max-tokens",
      defaultValue = "1024",
      description = "Longest example; longer ones are left out (${DEFAULT-VALUE}).")
  int maxTokens;

  @Option(names = "--learning-rate", description = "Peak of the schedule.")
  @Nullable Double learningRate;

  @Option(
      names = "--schedule",
      defaultValue = "wsd",
      description = "wsd (warm-up, stable, linear decay) or cosine (${DEFAULT-VALUE}).")
  String schedule = "wsd";

  @Option(names = "--warmup", defaultValue = "100", description = "Warm-up steps.")
  int warmup;

  @Option(
      names = "--decay",
      defaultValue = "0.3",
      description = "Part of the run that wsd spends cooling down (${DEFAULT-VALUE}).")
  double decay;

  @Option(
      names = "--evaluate-every",
      defaultValue = "200",
      description = "Steps between held-out losses (${DEFAULT-VALUE}).")
  int evaluateEvery;

  @Option(
      names = "--checkpoint-every",
      defaultValue = "500",
      description = "Steps between checkpoints (${DEFAULT-VALUE}).")
  int checkpointEvery;

  @Option(
      names = "--patience",
      defaultValue = "0",
      description = "End after this many held-out losses without improvement; 0 for never.")
  int patience;

  @Option(
      names = "--predict-further",
      paramLabel = "WEIGHT",
      defaultValue = "0",
      description =
          "Weight of multi-token prediction in the loss, for example 0.3; a new model gets one"
              + " module for it (${DEFAULT-VALUE}).")
  double predictFurther;

  @Option(
      names = "--sequence-balance",
      paramLabel = "ALPHA",
      defaultValue = "0",
      description =
          "Weight of the experts' balance within each sequence, for example 1e-4"
              + " (${DEFAULT-VALUE}).")
  double sequenceBalance;

  @Option(
      names = "--qk-clip",
      paramLabel = "TAU",
      defaultValue = "0",
      description =
          "Scale heads down whose attention scores pass this, for example 100; 0 for none.")
  double qkClip;

  @Option(names = "--threads", description = "Threads to compute on (default: all processors).")
  @Nullable Integer threads;

  @Option(names = "--json", description = "Print the result as JSON.")
  boolean json;

  private static final int HELD_OUT = 400;

  TrainingOptions options() {
    TrainingOptions defaults = TrainingOptions.defaults();
    TrainingOptions options =
        threads == null ? defaults : new TrainingOptions(defaults.products(), threads);
    return options.withPrediction(predictFurther).withSequenceBalance(sequenceBalance);
  }

  private ModelConfig shape(ModelConfig fresh) {
    return predictFurther > 0 ? fresh.withMtpLayers(Math.max(1, fresh.mtpLayers())) : fresh;
  }

  /**
   * Runs to the end and prints the result.
   *
   * @param startFolder weights to start from; null to initialize
   */
  int execute(
      CommandSpec spec,
      Path tokenizerFolder,
      OptimizerConfig optimizer,
      double defaultRate,
      double promptWeight,
      double repliesOnlyFrom,
      @Nullable Path startFolder,
      BiFunction<Tokenizer, ChatTemplate, ModelConfig> fresh) {
    if (steps == 0 && maxWall == null) {
      throw new UserError("a run needs --steps or --max-wall, or it never ends");
    }
    if (runFolder == null) {
      throw new UserError("--run DIR says where metrics and checkpoints go");
    }
    Path run = runFolder;
    Clock clock = Clock.systemUTC();
    var config =
        new TrainingConfig(
            seed,
            batchTokens,
            maxTokens,
            learningRate == null ? defaultRate : learningRate,
            schedule(),
            steps,
            maxWall,
            1.0,
            promptWeight,
            repliesOnlyFrom,
            evaluateEvery,
            checkpointEvery,
            patience);
    OptimizerConfig rule = optimizer.withQkClip(qkClip);
    Path resumed = Trainer.newestCheckpoint(run);
    Path from = resumed != null ? resumed : startFolder;
    try (Tokenizer tokenizer = Tokenizer.open(tokenizerFolder)) {
      ChatTemplate template = ChatTemplate.open(tokenizerFolder, tokenizer, clock);
      try (TrainableModel model =
          from == null
              ? TrainableModel.initialize(
                  shape(fresh.apply(tokenizer, template)), seed, rule, options())
              : TrainableModel.load(from, rule, options())) {
        var trainer =
            new Trainer(model, template, tokenizerFolder, source(), heldOut(), config, run, clock);
        if (resumed != null) {
          trainer.resume(resumed);
        }
        Output.err(spec)
            .printf(
                Locale.ROOT,
                "%,d parameters, %,d active per token; %s%n",
                model.config().parameterCount(),
                model.config().activeParameterCount(),
                resumed == null ? "from the start" : "resumed from " + resumed);
        var cancelled = new AtomicBoolean();
        // Ctrl-C or a kill writes a checkpoint before the process ends.
        Thread training = Thread.currentThread();
        Thread hook =
            Thread.ofPlatform()
                .name("mneme-stop-training")
                .unstarted(
                    () -> {
                      cancelled.set(true);
                      try {
                        training.join(Duration.ofSeconds(60));
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                    });
        Runtime.getRuntime().addShutdownHook(hook);
        TrainingResult result;
        try {
          result = run(spec, trainer, cancelled);
        } finally {
          if (!cancelled.get()) {
            Runtime.getRuntime().removeShutdownHook(hook);
          }
        }
        print(spec, result);
      }
    }
    return ExitCodes.OK;
  }

  private TrainingResult run(CommandSpec spec, Trainer trainer, AtomicBoolean cancelled) {
    PrintWriter err = Output.err(spec);
    long[] printed = {0};
    TrainingResult result =
        trainer.run(
            metrics -> {
              long now = (long) (metrics.seconds() / 10);
              if (metrics.heldOutLoss() != null || now != printed[0]) {
                printed[0] = now;
                err.println(line(metrics));
                err.flush();
              }
            },
            cancelled::get);
    if (export != null) {
      Export.bf16(result.checkpoint(), export);
    }
    return result;
  }

  private static String line(StepMetrics m) {
    return String.format(
        Locale.ROOT,
        "step %,d  %3.0f %%  loss %.3f%s  lr %.2e  |g| %.2f  max-vio %.2f  %,.0f tok/s  %s left",
        m.step(),
        100 * m.progress(),
        m.loss(),
        m.heldOutLoss() == null
            ? ""
            : String.format(Locale.ROOT, "  held-out %.3f", m.heldOutLoss()),
        m.learningRate(),
        m.gradNorm(),
        m.maxViolation(),
        m.tokensPerSecond(),
        Output.time(Duration.ofSeconds(Math.round(m.secondsLeft()))));
  }

  private void print(CommandSpec spec, TrainingResult result) {
    if (json) {
      var shown = new LinkedHashMap<String, Object>();
      shown.put("checkpoint", String.valueOf(export == null ? result.checkpoint() : export));
      shown.put("steps", result.steps());
      shown.put("tokens", result.tokens());
      shown.put("seconds", result.seconds());
      shown.put("held_out_loss", result.heldOutLoss());
      shown.put("skipped_examples", result.skipped());
      shown.put("end", result.end().name().toLowerCase(Locale.ROOT));
      Output.json(spec, shown);
      return;
    }
    Output.out(spec)
        .printf(
            Locale.ROOT,
            "%s after %,d steps, %,d tokens and %,.0f s; held-out loss %.4f; %s%n",
            result.end(),
            result.steps(),
            result.tokens(),
            result.seconds(),
            result.heldOutLoss(),
            export == null ? result.checkpoint() : export);
  }

  private ExampleSource source() {
    if (data.isEmpty()) {
      Curriculum curriculum = Curriculum.load();
      return index -> curriculum.example(seed, index, false);
    }
    return ExampleSource.ofList(read(false), seed);
  }

  private List<TrainingExample> heldOut() {
    return data.isEmpty()
        ? Curriculum.load().examples(seed, true).limit(HELD_OUT).toList()
        : read(true);
  }

  private List<TrainingExample> read(boolean heldOut) {
    return data.stream()
        .flatMap(file -> JsonLines.readAll(file, TrainingExample.class).stream())
        .filter(each -> each.heldOut() == heldOut)
        .toList();
  }

  private Schedule schedule() {
    return switch (schedule) {
      case "wsd" -> new Schedule.WarmupStableDecay(warmup, decay, 0.02);
      case "cosine" -> new Schedule.Cosine(warmup, 0.02);
      default -> throw new UserError("--schedule is " + schedule + "; expected wsd or cosine");
    };
  }
}

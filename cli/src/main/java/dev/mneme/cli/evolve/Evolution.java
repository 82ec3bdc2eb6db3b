package dev.mneme.cli.evolve;

import dev.mneme.cli.ExitCodes;
import dev.mneme.cli.Home;
import dev.mneme.cli.UserError;
import dev.mneme.cli.Workbench;
import dev.mneme.cli.config.PreferenceSettings;
import dev.mneme.cli.preferences.ExtractedPreferences;
import dev.mneme.cli.preferences.LearntPreferences;
import dev.mneme.cli.preferences.ModelRerunner;
import dev.mneme.cli.preferences.ModelVectors;
import dev.mneme.data.curriculum.Curriculum;
import dev.mneme.dpo.cycle.CycleRecord;
import dev.mneme.dpo.cycle.EvolutionConfig;
import dev.mneme.dpo.cycle.EvolutionCycle;
import dev.mneme.dpo.cycle.PreferenceSource;
import dev.mneme.dpo.cycle.PromotionGate;
import dev.mneme.dpo.cycle.TrainingSet;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.dpo.train.ChatReplyEncoder;
import dev.mneme.dpo.train.DpoConfig;
import dev.mneme.dpo.train.ModelCandidateTrainer;
import dev.mneme.dpo.train.StepMetrics;
import dev.mneme.evals.EvalRunner;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.model.TrainingOptions;
import dev.mneme.model.text.ChatTemplate;
import dev.mneme.model.text.Tokenizer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The evolution cycle as it is wired in production. One thread. */
public final class Evolution {
  private final Workbench bench;
  private final Consumer<String> progress;
  private final Curriculum curriculum = Curriculum.load();
  private final DpoConfig training;
  private final EvolutionCycle cycle;

  /**
   * @param progress receives lines for people
   */
  public Evolution(Workbench bench, Consumer<String> progress) {
    this(bench, bench.config().training(), evaluations(bench.home()), progress);
  }

  /**
   * The same with a training of its own, for example one that ends after some time.
   *
   * @param progress receives lines for people
   */
  public Evolution(Workbench bench, DpoConfig training, Consumer<String> progress) {
    this(bench, training, evaluations(bench.home()), progress);
  }

  /**
   * The same with a place of its own for what checkpoints answered.
   *
   * @param evaluations what the gate asks goes there, and is asked once
   */
  Evolution(
      Workbench bench, DpoConfig training, EvalRunner evaluations, Consumer<String> progress) {
    this.bench = bench;
    this.progress = progress;
    this.training = training;
    EvolutionConfig config = bench.config().evolution();
    Path runs = bench.home().runs();
    // The memory is borrowed for the snapshot only: a chat can use it while training runs.
    PreferenceSource source = () -> bench.lendMemory(this::snapshot);
    var trainer =
        new ModelCandidateTrainer(
            training,
            TrainingOptions.defaults(),
            new Replay(curriculum, bench.models(), training.seed()),
            referenceCache(bench),
            bench.clock(),
            System::nanoTime);
    GateConfig gateConfig = bench.config().gate();
    PromotionGate gate =
        gateConfig.enabled()
            ? new PairedPromotionGate(bench.models(), evaluations, curriculum, gateConfig, progress)
            : (candidate, active, origin, heldOut) ->
                new PromotionGate.Verdict(List.of(), List.of(), gateConfig.seed());
    this.cycle =
        new EvolutionCycle(bench.registry(), runs, source, trainer, gate, config, bench.clock());
  }

  /** Where reference log-probabilities are kept between runs. */
  static Path referenceCache(Workbench bench) {
    return bench.home().dir().resolve("cache").resolve("reference-logps.jsonl");
  }

  /** Where a home keeps what checkpoints answered; nothing is asked twice. */
  static EvalRunner evaluations(Home home) {
    return new EvalRunner(home.dir().resolve("evals"), Clock.systemUTC());
  }

  /** What the memory supports, with the serving model at hand where the configuration wants it. */
  private PreferenceSource.Snapshot snapshot(MemoryStore memory) {
    PreferenceSettings config = bench.config().preferences();
    var learnt =
        new LearntPreferences(
            bench.home(), config.extractor(bench.config().scope().tenant()), bench.clock());
    try (var rerunner = new ModelRerunner(() -> bench.models().open("active"), config.reruns());
        var vectors =
            new ModelVectors(config.meaning() ? bench.registry().folder(active()) : null)) {
      return new ExtractedPreferences(
              memory, learnt.with(new LearntPreferences.Helpers(vectors.similarity(), rerunner)))
          .snapshot();
    }
  }

  /** What a cycle would train on now. */
  public TrainingSet plan() {
    Path folder = bench.registry().folder(active());
    try (Tokenizer tokenizer = Tokenizer.open(folder)) {
      var encoder = new ChatReplyEncoder(ChatTemplate.open(folder, tokenizer, bench.clock()));
      return cycle.plan(training.maxTokens(), encoder::count);
    }
  }

  /** Why a plan is not enough; null when it is. */
  public @Nullable String nothingToLearn(TrainingSet plan) {
    return cycle.nothingToLearn(plan);
  }

  /** Runs one whole cycle on what there is now. */
  public CycleRecord cycle() {
    return cycle(plan());
  }

  /**
   * Runs one whole cycle.
   *
   * @param plan what {@link #plan} gave
   */
  public CycleRecord cycle(TrainingSet plan) {
    progress.accept(
        String.format(
            Locale.ROOT,
            "training on %d pairs and %d replies, %d pairs held out",
            plan.trainPairs().size(),
            plan.replies().size(),
            plan.heldOutPairs().size()));
    CycleRecord record = cycle.run(plan, this::show);
    progress.accept(
        "report: " + CycleReport.write(bench.home().runs().resolve(record.id()), record));
    return record;
  }

  private void show(StepMetrics step) {
    if (step.step() % 4 == 0 || step.step() == step.steps()) {
      progress.accept(
          String.format(
              Locale.ROOT,
              "%s %d/%d  loss %.4f  rewards/accuracies %.2f  rewards/margins %.3f  kl %.4f  %.1f"
                  + " pairs/s",
              step.phase(),
              step.step(),
              step.steps(),
              step.loss(),
              step.rewardsAccuracies(),
              step.rewardsMargins(),
              step.kl(),
              step.pairsPerSecond()));
    }
  }

  /** About how many bytes training the active checkpoint takes. */
  public long memoryNeeded() {
    return ModelCandidateTrainer.memoryNeeded(bench.registry().folder(active()));
  }

  /** The ids of the pairs that the latest finished cycle trained on; none when there was none. */
  public Set<String> lastTrainedPairs() {
    List<CycleRecord> past = EvolutionCycle.history(bench.home().runs());
    return past.reversed().stream()
        .filter(r -> r.endedAt() != null && r.candidate() != null)
        .map(r -> r.data().pairWeights().keySet())
        .findFirst()
        .orElse(Set.of());
  }

  private CheckpointManifest active() {
    CheckpointRegistry registry = bench.registry();
    return registry
        .active()
        .orElseThrow(
            () ->
                new UserError(
                    "no model is active, so there is nothing to train; 'mneme models import DIR"
                        + " --activate' adds one",
                    ExitCodes.FAILURE,
                    null));
  }
}

package dev.mneme.dpo.cycle;

import dev.mneme.data.FileTrees;
import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.dpo.registry.DataProvenance;
import dev.mneme.dpo.registry.RegistryException;
import dev.mneme.dpo.train.StepMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Snapshot, extract, clean, split, train, judge, promote or reject, record.
 *
 * <p>Nothing that serves changes before the last step, which is one rename. A cycle that is killed
 * leaves a run folder whose record says RUNNING and a temporary candidate that the registry sweeps;
 * the next cycle starts afresh from the same memory. One at a time.
 */
public final class EvolutionCycle {
  /** In a checkpoint's configuration and a record's figures: the share of the way it went. */
  public static final String STEP = "step";

  /** In a checkpoint's configuration: the id of the one whose predictions it was held to. */
  public static final String HELD_TO = "held_to";

  private static final DateTimeFormatter RUN_ID =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final CheckpointRegistry registry;
  private final Path runs;
  private final PreferenceSource source;
  private final CandidateTrainer trainer;
  private final PromotionGate gate;
  private final EvolutionConfig config;
  private final InstantSource clock;

  public EvolutionCycle(
      CheckpointRegistry registry,
      Path runs,
      PreferenceSource source,
      CandidateTrainer trainer,
      PromotionGate gate,
      EvolutionConfig config,
      InstantSource clock) {
    this.registry = registry;
    this.runs = runs;
    this.source = source;
    this.trainer = trainer;
    this.gate = gate;
    this.config = config;
    this.clock = clock;
  }

  /** What a cycle would train on now; trains nothing. */
  public TrainingSet plan(int maxTokens, ToIntFunction<List<Message>> countTokens) {
    PreferenceSource.Snapshot snapshot = source.snapshot();
    var cleaned = new PairHygiene(maxTokens, config.copyCap(), countTokens).clean(snapshot.pairs());
    Map<String, Integer> dropped = new TreeMap<>(snapshot.dropped());
    cleaned.dropped().forEach((reason, n) -> dropped.merge(reason, n, Integer::sum));
    List<PreferencePair> train = new ArrayList<>();
    List<PreferencePair> heldOut = new ArrayList<>();
    for (PreferencePair pair : cleaned.kept()) {
      (isHeldOut(pair) ? heldOut : train).add(pair);
    }
    var heldOutRequests =
        heldOut.stream().map(pair -> request(pair.prompt())).collect(Collectors.toSet());
    var replies =
        snapshot.ratedReplies().stream()
            .filter(reply -> !heldOutRequests.contains(request(reply.prompt())))
            .toList();
    return new TrainingSet(
        snapshot.memorySequence(),
        heaviest(
            train,
            config.maxPairs(),
            pair -> pair.weight().total(),
            PreferencePair::id,
            "pairs (evolution.maxPairs)",
            dropped),
        heldOut,
        heaviest(
            replies,
            config.maxReplies(),
            RatedReply::weight,
            RatedReply::id,
            "replies (evolution.maxReplies)",
            dropped),
        dropped);
  }

  /** Which of equals are kept is neither by age nor by person, but by a hash of their ids. */
  private static <T> List<T> heaviest(
      List<T> all,
      int most,
      ToDoubleFunction<T> weight,
      Function<T, String> id,
      String what,
      Map<String, Integer> dropped) {
    if (all.size() <= most) {
      return all;
    }
    dropped.put("lighter than the " + most + " heaviest " + what, all.size() - most);
    return all.stream()
        .sorted(
            Comparator.comparingDouble(weight)
                .reversed()
                .thenComparing(each -> Hashes.sha256(id.apply(each))))
        .limit(most)
        .toList();
  }

  /** By the last user message, so that one request is never on both sides. */
  private boolean isHeldOut(PreferencePair pair) {
    long bucket =
        Long.remainderUnsigned(
            Hashes.subSeed(config.seed(), "held-out", request(pair.prompt())), 10_000);
    return bucket < Math.round(config.heldOutFraction() * 10_000);
  }

  /** What tells requests apart: what the person said last, whatever its case. */
  public static String request(List<Message> prompt) {
    return Message.request(prompt).strip().toLowerCase(Locale.ROOT);
  }

  /** Whether a plan has enough to learn from; otherwise why not. */
  public @Nullable String nothingToLearn(TrainingSet set) {
    if (set.trainPairs().size() < config.minPairs()) {
      return "only "
          + set.trainPairs().size()
          + " pairs to learn from, at least "
          + config.minPairs()
          + " are needed"
          + (set.dropped().isEmpty() ? "" : "; left out: " + set.dropped());
    }
    if (set.heldOutPairs().isEmpty()) {
      return "no pairs are left to judge a candidate by; more requests are needed";
    }
    return null;
  }

  /**
   * Runs one cycle on a plan.
   *
   * @param progress sees every training step
   * @return the finished record, also on disk in the run folder
   */
  public CycleRecord run(TrainingSet set, Consumer<StepMetrics> progress) {
    Instant started = clock.instant();
    CheckpointManifest active =
        registry
            .active()
            .orElseThrow(() -> new RegistryException("no checkpoint is active yet; promote one"));
    String id = "cycle-" + RUN_ID.format(started);
    Path folder = newRunFolder(id);
    var record = new Draft(folder, started, active, set);
    String nothing = nothingToLearn(set);
    if (nothing != null) {
      return record.end(CycleRecord.Outcome.NOTHING_TO_LEARN, nothing, null, Map.of(), null);
    }
    requireDisk(registry.folder(active));
    record.write(CycleRecord.Outcome.RUNNING, "running", null, Map.of(), null, null);

    registry.verify(active);
    Path trained = registry.newCandidateFolder();
    var way = new Way(id, registry.origin(active).orElse(null), active, trained, set);
    if (!way.heldTo().id().equals(active.id())) {
      registry.verify(way.heldTo());
    }
    Map<String, Double> figures;
    try (Writer metrics = Files.newBufferedWriter(folder.resolve("metrics.jsonl"))) {
      figures =
          trainer.train(
              registry.folder(active),
              registry.folder(way.heldTo()),
              set,
              trained,
              step -> {
                append(metrics, step);
                progress.accept(step);
              });
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + folder.resolve("metrics.jsonl"), e);
    }
    Tried tried = offer(way, config.steps().getFirst(), "");
    for (double step : config.steps().subList(1, config.steps().size())) {
      if (!tried.verdict().wentTooFar()) {
        break;
      }
      tried = offer(way, step, tried.reason());
    }
    FileTrees.discard(trained);
    Map<String, Double> withStep = new LinkedHashMap<>(figures);
    withStep.put(STEP, tried.step());
    boolean passed = tried.verdict().passed();
    if (passed) {
      registry.promote(tried.candidate(), id + ": " + tried.reason());
    }
    return record.end(
        passed ? CycleRecord.Outcome.PROMOTED : CycleRecord.Outcome.REJECTED,
        tried.reason(),
        tried.candidate().id(),
        withStep,
        tried.verdict());
  }

  /**
   * From what serves to what was trained from it.
   *
   * @param id of the cycle
   * @param origin the checkpoint the line began with; null where it is not known any more
   */
  private record Way(
      String id,
      @Nullable CheckpointManifest origin,
      CheckpointManifest active,
      Path trained,
      TrainingSet set) {
    CheckpointManifest heldTo() {
      return origin == null ? active : origin;
    }
  }

  /** A candidate that was put before the gate. */
  private record Tried(
      double step, CheckpointManifest candidate, PromotionGate.Verdict verdict, String reason) {}

  /**
   * Registers a checkpoint part of the way and has it judged.
   *
   * @param before why a longer way was refused; empty when none was
   */
  private Tried offer(Way way, double step, String before) {
    Path active = registry.folder(way.active());
    Path folder = registry.newCandidateFolder();
    trainer.goPartOfTheWay(active, way.trained(), step, folder);
    Map<String, Object> how = new LinkedHashMap<>(trainer.config());
    how.put(STEP, step);
    how.put(HELD_TO, way.heldTo().id());
    CheckpointManifest candidate =
        registry.register(
            folder,
            before.isEmpty() ? way.id() : way.id() + "-step-" + step,
            way.active().id(),
            CheckpointManifest.Kind.CYCLE,
            how,
            way.set().provenance());
    PromotionGate.Verdict verdict =
        gate.judge(
            registry.folder(candidate),
            active,
            way.origin() == null ? null : registry.folder(way.origin()),
            way.set().heldOutPairs());
    String reason =
        (before.isEmpty() ? "" : before + "; ")
            + String.format(Locale.ROOT, "%.0f %% of the way: %s", 100 * step, explain(verdict));
    registry.recordDecision(candidate, scores(verdict), verdict.passed(), reason);
    return new Tried(step, candidate, verdict, reason);
  }

  /** The records of past cycles, oldest first; unreadable ones are left out. */
  public static List<CycleRecord> history(Path runs) {
    List<CycleRecord> all = new ArrayList<>();
    if (!Files.isDirectory(runs)) {
      return all;
    }
    try (var entries = Files.list(runs)) {
      for (Path each : entries.sorted().toList()) {
        Path file = each.resolve("cycle.json");
        if (Files.exists(file)) {
          try {
            all.add(Json.mapper().readValue(Files.readString(file), CycleRecord.class));
          } catch (JacksonException e) {
            throw new UncheckedIOException(
                file + " is not a cycle record", new IOException(e.getOriginalMessage()));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + runs, e);
    }
    return all;
  }

  private static String explain(PromotionGate.Verdict verdict) {
    if (verdict.checks().isEmpty()) {
      return "no gate was asked";
    }
    if (verdict.passed()) {
      return "all " + verdict.checks().size() + " checks of the gate held";
    }
    return verdict.checks().stream()
        .filter(c -> !c.passed())
        .map(
            c ->
                String.format(
                    Locale.ROOT,
                    "%s went from %.3f to %.3f (required: %s)",
                    c.name(),
                    c.active(),
                    c.candidate(),
                    c.rule()))
        .reduce((a, b) -> a + "; " + b)
        .orElse("");
  }

  private static Map<String, Double> scores(PromotionGate.Verdict verdict) {
    Map<String, Double> scores = new LinkedHashMap<>();
    verdict.checks().forEach(c -> scores.put(c.name(), c.candidate()));
    return scores;
  }

  private void requireDisk(Path active) {
    // The trained weights, and a candidate for each step.
    long needed = (1 + config.steps().size()) * trainer.diskBytesNeeded(active);
    try {
      long usable = Files.getFileStore(runs).getUsableSpace();
      if (usable < needed) {
        throw new RegistryException(
            String.format(
                Locale.ROOT,
                "a cycle needs %,d MB of disk below %s and %,d MB are free; nothing was changed",
                needed >> 20,
                runs,
                usable >> 20));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot ask for free space below " + runs, e);
    }
  }

  private Path newRunFolder(String id) {
    try {
      Files.createDirectories(runs);
      Path folder = runs.resolve(id);
      for (int n = 2; Files.exists(folder); n++) {
        folder = runs.resolve(id + "-" + n);
      }
      return Files.createDirectory(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot create a run folder below " + runs, e);
    }
  }

  private static void append(Writer metrics, StepMetrics step) {
    try {
      metrics.write(JsonLines.line(step));
      metrics.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write metrics", e);
    }
  }

  /** The record as it grows; written at the start and at the end. */
  private final class Draft {
    private final Path folder;
    private final Instant started;
    private final CheckpointManifest active;
    private final TrainingSet set;

    Draft(Path folder, Instant started, CheckpointManifest active, TrainingSet set) {
      this.folder = folder;
      this.started = started;
      this.active = active;
      this.set = set;
    }

    CycleRecord end(
        CycleRecord.Outcome outcome,
        String reason,
        @Nullable String candidate,
        Map<String, Double> figures,
        PromotionGate.@Nullable Verdict verdict) {
      return write(outcome, reason, candidate, figures, verdict, clock.instant());
    }

    CycleRecord write(
        CycleRecord.Outcome outcome,
        String reason,
        @Nullable String candidate,
        Map<String, Double> figures,
        PromotionGate.@Nullable Verdict verdict,
        @Nullable Instant ended) {
      DataProvenance data = set.provenance();
      var record =
          new CycleRecord(
              folder.getFileName().toString(),
              started,
              ended,
              outcome,
              reason,
              active.id(),
              candidate,
              set.trainPairs().size(),
              set.heldOutPairs().size(),
              set.replies().size(),
              set.dropped(),
              data,
              trainer.config(),
              figures,
              verdict);
      Path target = folder.resolve("cycle.json");
      Path temporary = folder.resolve("cycle.json.tmp");
      try {
        Files.writeString(temporary, Json.mapper().writeValueAsString(record));
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write " + target, e);
      }
      return record;
    }
  }
}

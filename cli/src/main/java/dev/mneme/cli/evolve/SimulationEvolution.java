package dev.mneme.cli.evolve;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.sim.Evolution;
import dev.mneme.cli.Home;
import dev.mneme.cli.Workbench;
import dev.mneme.cli.config.MnemeConfig;
import dev.mneme.data.FileTrees;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Turn;
import dev.mneme.dpo.cycle.CycleRecord;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.dpo.registry.DataProvenance;
import dev.mneme.evals.EvalRunner;
import dev.mneme.ltm.Judgement;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.Selection;
import dev.mneme.ltm.Stored;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The production cycle inside a simulation: what people said and did goes into a long-term memory
 * of the run's own, and the cycle extracts, trains, gates and promotes in a registry of the run's
 * own. The installation's memory and checkpoints stay as they are. One thread.
 */
public final class SimulationEvolution implements Evolution, AutoCloseable {
  private static final int BATCH = 500;

  /**
   * Figures of a cycle that tell of the machine and of what was interrupted, not of what was
   * learnt: in a log that one seed decides to the byte they have no place.
   */
  private static final Set<String> OF_THE_MACHINE =
      Set.of("pairs_per_second", "reference_hits", "reference_computed");

  private final Workbench bench;
  private final AtomicReference<Instant> now;
  private final Consumer<String> progress;
  private final EvalRunner evaluations;
  private final @Nullable CheckpointMeasures measures;
  private final CheckpointManifest first;

  private SimulationEvolution(
      Workbench bench,
      CheckpointManifest first,
      AtomicReference<Instant> now,
      EvalRunner evaluations,
      boolean graded,
      Consumer<String> progress) {
    this.bench = bench;
    this.first = first;
    this.now = now;
    this.progress = progress;
    this.evaluations = evaluations;
    this.measures = graded ? new CheckpointMeasures(bench.models(), evaluations) : null;
  }

  /**
   * Opens the run's own home inside {@code folder}, beginning with the installation's active
   * checkpoint. The caller closes.
   *
   * @param start simulated time at the beginning
   * @param evals where what checkpoints answered is kept; runs that share it ask the same
   *     checkpoint once. Null for a place of the run's own
   * @param graded whether every generation is asked our 80 prompts
   */
  @MustBeClosed
  public static SimulationEvolution open(
      Workbench installation,
      Path folder,
      Instant start,
      @Nullable Path evals,
      boolean graded,
      Consumer<String> progress) {
    var now = new AtomicReference<>(start);
    InstantSource clock = () -> requireNonNull(now.get());
    MnemeConfig config = installation.config().withTenant("simulation");
    Workbench bench = Workbench.at(new Home(folder.resolve("home")), config, clock);
    CheckpointManifest active = requireActive(installation.registry());
    CheckpointRegistry registry = bench.registry();
    if (registry.find(active.id()).isEmpty()) {
      adopt(installation.registry(), active, registry);
    }
    EvalRunner evaluations =
        evals == null
            ? dev.mneme.cli.evolve.Evolution.evaluations(bench.home())
            : new EvalRunner(evals, Clock.systemUTC());
    return new SimulationEvolution(
        bench, registry.require(active.id()), now, evaluations, graded, progress);
  }

  /** The model all agents share; follows what the run's registry promotes. */
  @MustBeClosed
  public ChatModel model() {
    return bench.models().open("active");
  }

  @Override
  public Outcome evolve(int round, History history, Instant at) {
    now.set(at);
    store(history);
    CycleRecord record =
        new dev.mneme.cli.evolve.Evolution(bench, bench.config().training(), evaluations, progress)
            .cycle();
    CheckpointManifest active = requireActive(bench.registry());
    Map<String, Double> measures = new TreeMap<>(record.figures());
    measures.keySet().removeAll(OF_THE_MACHINE);
    measures.put("train_pairs", (double) record.trainPairs());
    return new Outcome(
        record.outcome() == CycleRecord.Outcome.PROMOTED,
        new ModelRef(active.name(), active.sha256()),
        record.outcome() + ": " + record.reason(),
        measures);
  }

  /** The grade on our 80 prompts and the distance from the first checkpoint. */
  @Override
  public Map<String, Double> measure(int round) {
    if (measures == null) {
      return Map.of();
    }
    progress.accept("generation " + round + ": our 80 prompts, and the distance from the first");
    CheckpointRegistry registry = bench.registry();
    return measures.of(registry.folder(requireActive(registry)), registry.folder(first));
  }

  /** A resumed run finds some of it stored already; nothing is stored twice. */
  private void store(History history) {
    MemoryStore memory = bench.store();
    List<Turn> turns = history.turns();
    for (int from = 0; from < turns.size(); from += BATCH) {
      memory.remember(turns.subList(from, Math.min(turns.size(), from + BATCH)));
    }
    Set<Judgement> known = new HashSet<>();
    try (Stream<Stored<Judgement>> stored =
        memory.signals(new Selection.Tenant(bench.config().scope().tenant()), 0)) {
      stored.forEach(each -> known.add(each.value()));
    }
    for (ScopedSignal each : history.signals()) {
      if (known.add(new Judgement(each.scope(), each.signal()))) {
        memory.recordSignal(each.scope(), each.signal());
      }
    }
  }

  private static void adopt(
      CheckpointRegistry from, CheckpointManifest manifest, CheckpointRegistry to) {
    Path folder = to.newCandidateFolder();
    for (String file : manifest.files().keySet()) {
      try {
        Path target = folder.resolve(file);
        Files.createDirectories(requireNonNull(target.getParent()));
        Files.copy(from.folder(manifest).resolve(file), target);
      } catch (IOException e) {
        FileTrees.discard(folder);
        throw new UncheckedIOException(
            "cannot copy "
                + file
                + " into "
                + folder
                + " ("
                + e.getMessage()
                + "); make room there and run again to resume",
            e);
      }
    }
    CheckpointManifest adopted =
        to.register(
            folder,
            manifest.name(),
            null,
            CheckpointManifest.Kind.IMPORTED,
            manifest.config(),
            DataProvenance.NONE);
    to.promote(adopted, "the simulation begins with it");
  }

  @Override
  public void restore(Outcome last) {
    CheckpointRegistry registry = bench.registry();
    String wanted = last.model().sha256();
    if (!requireActive(registry).sha256().equals(wanted)) {
      CheckpointManifest manifest =
          registry.list().stream()
              .filter(each -> each.sha256().equals(wanted))
              .findFirst()
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "the log ends with the checkpoint "
                              + last.model().id()
                              + ", which the run's registry does not have; begin anew"));
      registry.promote(manifest, "the simulation resumed from its log");
    }
  }

  private static CheckpointManifest requireActive(CheckpointRegistry registry) {
    return registry
        .active()
        .orElseThrow(() -> new IllegalArgumentException("no checkpoint is active to begin with"));
  }

  @Override
  public void close() {
    bench.close();
  }
}

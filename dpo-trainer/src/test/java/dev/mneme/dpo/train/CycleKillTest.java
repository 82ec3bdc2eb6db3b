package dev.mneme.dpo.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Hashes;
import dev.mneme.dpo.cycle.CandidateTrainer;
import dev.mneme.dpo.cycle.EvolutionConfig;
import dev.mneme.dpo.cycle.EvolutionCycle;
import dev.mneme.dpo.cycle.PreferenceSource;
import dev.mneme.dpo.cycle.PromotionGate;
import dev.mneme.dpo.cycle.TrainingSet;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.dpo.registry.DataProvenance;
import dev.mneme.dpo.registry.RegistryEvent;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.checkpoint.CheckpointBlend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that evolves without end is killed with SIGKILL, again and again, on the same folder:
 * whatever it was doing, a whole model serves afterwards and the next cycle works.
 */
class CycleKillTest {
  /** Set by {@code -Dmneme.kills}; 50 is the long run reported in docs/experiments.md. */
  private static final int KILLS = Integer.getInteger("mneme.kills", 6);

  @TempDir Path dir;

  @Test
  void aKilledCycleLeavesAWorkingActiveModel() throws IOException, InterruptedException {
    var random = new Random(Long.getLong("mneme.seed", 1));
    int promoted = 0;
    int interrupted = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      int wanted = 1 + random.nextInt(60);
      // Every other process waits for its death at that line; the rest die while they go on.
      boolean waits = kill % 2 == 0;
      Process child = start(kill, waits ? wanted : Integer.MAX_VALUE);
      List<String> lines = new ArrayList<>();
      try (var out =
          new BufferedReader(
              new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
          lines.add(line);
          if (lines.size() == wanted) {
            int later = random.nextInt(40);
            if (!waits) {
              Thread.sleep(later);
            }
            child.toHandle().destroyForcibly();
          }
        }
      }
      assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(lines).as("what process %d said", kill).hasSizeGreaterThanOrEqualTo(wanted);
      promoted += (int) lines.stream().filter(l -> l.endsWith("PROMOTED")).count();
      interrupted += lines.getLast().startsWith("cycle") ? 0 : 1;
      check(kill);
    }
    assertThat(promoted).isPositive();
    assertThat(interrupted).as("kills in the middle of a training").isPositive();
  }

  private void check(int kill) {
    CheckpointRegistry registry = CheckpointRegistry.open(dir.resolve("models"), Clock.systemUTC());
    CheckpointManifest active = registry.active().orElseThrow();
    registry.list().forEach(registry::verify);
    RegistryEvent last =
        registry.journal().stream()
            .filter(e -> e.what() == RegistryEvent.What.PROMOTED)
            .toList()
            .getLast();
    assertThat(active.id()).as("what serves after kill %d", kill).isEqualTo(last.id());
    if (active.kind() == CheckpointManifest.Kind.CYCLE) {
      CheckpointManifest.Decision decision = active.decision();
      assertThat(decision).isNotNull();
      assertThat(decision.promoted()).isTrue();
    }
    try (TrainableModel model =
        TrainableModel.load(registry.folder(active), OptimizerConfig.adamW(), Tiny.options())) {
      assertThat(model.logProbs(PackedBatch.of(PackedBatch.Segment.all(1, 2, 3, 4)))[0])
          .isNegative();
    }
    EvolutionCycle.history(dir.resolve("runs"));
  }

  private Process start(int round, int last) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            Evolving.class.getName(),
            dir.toString(),
            Integer.toString(round),
            Integer.toString(last))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** The process that is killed: cycle after cycle, every second of which passes the gate. */
  static final class Evolving {
    /** Lines to say, of which the last waits for the end. */
    private static int left;

    private Evolving() {}

    public static void main(String[] args) throws IOException {
      Path dir = Path.of(args[0]);
      left = Integer.parseInt(args[2]);
      CheckpointRegistry registry =
          CheckpointRegistry.open(dir.resolve("models"), Clock.systemUTC());
      if (registry.active().isEmpty()) {
        Path folder = registry.newCandidateFolder();
        Path shape = Files.createDirectories(dir.resolve("shape"));
        try (TrainableModel model = Tiny.model(shape)) {
          model.save(folder);
        }
        registry.promote(
            registry.register(
                folder,
                "origin",
                null,
                CheckpointManifest.Kind.BUNDLED,
                Map.of(),
                DataProvenance.NONE),
            "the first");
      }
      say("ready");
      for (int i = 0; ; i++) {
        long seed = Hashes.subSeed(Long.parseLong(args[1]), "cycle " + i);
        boolean passes = i % 2 == 0;
        PreferenceSource source =
            () -> new PreferenceSource.Snapshot(1, Tiny.somePairs(40), List.of(), Map.of());
        PromotionGate gate =
            (candidate, active, origin, heldOut) ->
                new PromotionGate.Verdict(
                    List.of(new PromotionGate.Check("made", true, 0, 1, 0, 0, "made", passes)),
                    List.of(),
                    1);
        var cycle =
            new EvolutionCycle(
                registry,
                dir.resolve("runs"),
                source,
                new Training(seed),
                gate,
                EvolutionConfig.defaults(),
                Clock.systemUTC());
        var record = cycle.run(cycle.plan(1_000, messages -> 1), step -> say("step"));
        say("cycle " + record.outcome());
        registry.prune(4);
      }
    }

    private static void say(String line) {
      System.out.println(line);
      System.out.flush();
      left--;
      while (left == 0) {
        LockSupport.park();
      }
    }
  }

  /** Trains the tiny model for real. */
  private record Training(long seed) implements CandidateTrainer {
    @Override
    public long diskBytesNeeded(Path active) {
      return 1 << 20;
    }

    @Override
    public Map<String, Double> train(
        Path active, Path heldTo, TrainingSet set, Path out, Consumer<StepMetrics> listener) {
      DpoConfig config = Tiny.config(2, 8, 8, 1e-3).toBuilder().seed(seed).build();
      try (TrainableModel model =
          TrainableModel.load(active, OptimizerConfig.adamW(), Tiny.options())) {
        var trainer =
            new DpoTrainer(
                model,
                CheckpointRegistry.contentHashOf(active),
                Tiny.CHARACTERS,
                config,
                out.resolveSibling("reference-logps.jsonl"),
                System::nanoTime);
        var summary = trainer.train(set.trainPairs(), set.replies(), null, listener);
        model.save(out);
        return summary.figures();
      }
    }

    @Override
    public void goPartOfTheWay(Path active, Path trained, double share, Path out) {
      CheckpointBlend.write(active, trained, share, out);
    }

    @Override
    public Map<String, Object> config() {
      return Map.of("seed", seed);
    }
  }
}

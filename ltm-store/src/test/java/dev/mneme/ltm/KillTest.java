package dev.mneme.ltm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Scope;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A writing process is killed with SIGKILL, again and again, on the same home. */
final class KillTest {
  /** Set by {@code -Dmneme.kills}; 200 is the long run reported in docs/experiments.md. */
  private static final int KILLS = Integer.getInteger("mneme.kills", 12);

  /**
   * Where the child dies: anywhere, or at the n-th time it comes by a step once it has said that
   * something is kept.
   */
  private static final List<String> STEPS =
      List.of(
          "",
          "applied",
          "journalled",
          "committed",
          "flushed",
          "indexed",
          "index-prepared",
          "index-committed");

  private static final Set<String> WHEN_IDLE =
      Set.of("flushed", "index-prepared", "index-committed");

  @TempDir Path home;

  @Test
  void everyAcknowledgedTurnIsThereOnceAfterAKill() throws IOException, InterruptedException {
    var random = new Random(Long.getLong("mneme.seed", 1));
    Map<String, String> acknowledged = new HashMap<>();
    for (int kill = 0; kill < KILLS; kill++) {
      String step = STEPS.get(kill % STEPS.size());
      Process child =
          start(kill, step, WHEN_IDLE.contains(step) ? 1 : 1 + random.nextInt(most(step)));
      List<String> lines = new ArrayList<>();
      try (var out =
          new BufferedReader(
              new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
        int wanted = 1 + random.nextInt(120);
        for (String line = out.readLine(); line != null; line = out.readLine()) {
          lines.add(line);
          if (step.isEmpty() && lines.size() >= wanted) {
            // SIGKILL, at a moment that has nothing to do with the child's steps.
            child.toHandle().destroyForcibly();
          }
        }
      }
      assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
      for (String line : lines) {
        String[] parts = line.split("\t", -1);
        // The last line may be cut by the kill; what is whole was acknowledged.
        if (parts.length == 3 && parts[2].equals(".")) {
          acknowledged.put(parts[0], parts[1]);
        }
      }
      assertThat(lines).as("kill %d wrote something", kill).isNotEmpty();
      assertThat(child.exitValue()).as("exit code of kill %d at '%s'", kill, step).isEqualTo(137);
      if (kill % 4 == 3 || kill + 1 == KILLS) {
        check(acknowledged);
      }
    }
    assertThat(acknowledged).hasSizeGreaterThan(KILLS);
  }

  /** How often the child surely comes by a step: an indexer far behind takes 2 000 at once. */
  private static int most(String step) {
    return step.equals("indexed") ? 8 : 30;
  }

  private void check(Map<String, String> acknowledged) {
    try (MemoryStore memory = MemoryStore.open(MemoryStoreConfig.at(home, Clock.systemUTC()))) {
      Map<String, String> stored = new HashMap<>();
      memory
          .turns(new Selection.Everything(), 0)
          .forEach(
              turn ->
                  assertThat(
                          stored.put(
                              turn.value().id() + "/" + turn.value().scope().user(),
                              turn.value().message().content()))
                      .as("%s is stored twice", turn.value().id())
                      .isNull());
      assertThat(stored).containsAllEntriesOf(acknowledged);
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  private Process start(int kill, String step, int at) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Writer.class.getName(),
            home.toString(),
            Integer.toString(kill),
            step,
            Integer.toString(at))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** The process that is killed: four threads, each waits for its acknowledgement. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) {
      int round = Integer.parseInt(args[1]);
      String step = args[2];
      int at = Integer.parseInt(args[3]);
      // H2 is flushed and the index committed every few thousand changes, and when idle.
      boolean whenIdle = WHEN_IDLE.contains(step);
      int turns = whenIdle ? 40 : 5_000;
      int[] reached = {0};
      var said = new AtomicBoolean();
      Steps steps =
          now -> {
            if (said.get() && now.equals(step) && ++reached[0] == at) {
              Runtime.getRuntime().halt(137);
            }
          };
      try (MemoryStore memory =
          MemoryStore.open(MemoryStoreConfig.at(Path.of(args[0]), Clock.systemUTC()), steps)) {
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
          int thread = t;
          threads.add(
              Thread.ofPlatform()
                  .start(
                      () -> {
                        var scope = new Scope("t", "user" + thread, "a", "round-" + round);
                        for (int i = 0; i < turns; i++) {
                          String text =
                              "Word" + i + " of round " + round + ", I live in Town" + i + ".";
                          memory.remember(Turns.user(scope, i, text));
                          String line = scope.session() + "-" + i + "/user" + thread;
                          synchronized (reached) {
                            System.out.print(line + "\t" + text + "\t.\n");
                            System.out.flush();
                          }
                          said.set(true);
                        }
                      }));
        }
        for (Thread each : threads) {
          each.join();
        }
        if (whenIdle) {
          TimeUnit.SECONDS.sleep(30);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

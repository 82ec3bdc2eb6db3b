package dev.mneme.evals;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.agent.Cancellation;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Sampling;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that runs a task is killed with SIGKILL, again and again, and resumed. */
class EvalKillTest {
  /** Set by {@code -Dmneme.kills}; 20 is the long run reported in docs/experiments.md. */
  private static final int KILLS = Integer.getInteger("mneme.kills", 4);

  private static final int ITEMS = 150;
  private static final int EPOCHS = 2;
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-22T10:00:00Z"), ZoneOffset.UTC);

  @TempDir Path root;

  @Test
  void aRunThatIsKilledAndResumedHasTheLogOfAnUnbrokenOne()
      throws IOException, InterruptedException {
    EvalRun whole = evaluate(root.resolve("whole"), 0, Integer.MAX_VALUE);
    List<String> expected = lines(whole);
    assertThat(expected).hasSize(ITEMS * EPOCHS);

    Path broken = root.resolve("broken");
    var random = new Random(Long.getLong("mneme.seed", 1));
    Map<String, Integer> asked = new HashMap<>();
    int killed = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      // So many items a life that the last kill still finds something to do.
      int wanted = 1 + random.nextInt(ITEMS * EPOCHS * 9 / (10 * KILLS) - LEEWAY);
      killed += live(broken, wanted, asked) ? 1 : 0;
    }
    assertThat(killed).as("processes that died of the kill").isEqualTo(KILLS);
    live(broken, Integer.MAX_VALUE, asked);

    EvalRun resumed = EvalRun.read(broken.resolve(whole.directory().getFileName()));
    assertThat(lines(resumed))
        .hasSameElementsAs(expected)
        .as("no item is repeated and none is dropped")
        .hasSize(expected.size());
    assertThat(resumed.records()).isEqualTo(EvalRun.read(whole.directory()).records());
    assertThat(EvalSummary.of(resumed, 1).primary()).isEqualTo(EvalSummary.of(whole, 1).primary());
    assertThat(asked.keySet()).hasSize(ITEMS * EPOCHS);
    // What was under way when a process died is asked again: at most all places of each life.
    int asks = asked.values().stream().mapToInt(Integer::intValue).sum();
    assertThat(asks).isBetween(ITEMS * EPOCHS, ITEMS * EPOCHS + KILLS * PLACES);
  }

  private static final int PLACES = 4;

  /** How far a process may get beyond the item after which it is killed. */
  private static final int LEEWAY = PLACES;

  /** One process: killed after so many finished items; whether it was. */
  private boolean live(Path where, int wanted, Map<String, Integer> asked)
      throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Evaluator.class.getName(),
                where.toString(),
                Integer.toString(wanted == Integer.MAX_VALUE ? wanted : wanted + LEEWAY))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int finished = 0;
    boolean killed = false;
    try (var out = new BufferedReader(new InputStreamReader(child.getInputStream(), UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith("asked ")) {
          asked.merge(line, 1, Integer::sum);
        } else if (line.equals("finished") && ++finished >= wanted && !killed) {
          // SIGKILL, at a moment that has nothing to do with the child's steps.
          child.toHandle().destroyForcibly();
          killed = true;
        }
      }
    }
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return killed && child.exitValue() != 0;
  }

  private static List<String> lines(EvalRun run) throws IOException {
    return Files.readAllLines(run.directory().resolve(EvalLog.ITEMS));
  }

  /**
   * @param slow milliseconds a reply takes
   * @param most replies; the process waits for its death when they are given, however late that is
   */
  private static EvalRun evaluate(Path where, int slow, int most) {
    var replies = new Semaphore(most);
    var task =
        new EvalTask(
            "kill",
            IntStream.range(0, ITEMS)
                .mapToObj(
                    i ->
                        new EvalItem(
                            "item-" + i, "all", List.of("Question " + i), List.of(), Map.of()))
                .toList(),
            ChatSolver.plain(),
            new Length(),
            new Metric("length", 0, 1_000));
    var settings =
        new RunSettings(
            Sampling.greedy(50), EPOCHS, null, Set.of(), null, null, PLACES, 0, Duration.ZERO);
    var model =
        new FakeModel(
            "slow",
            request -> {
              String question = request.messages().getLast().content();
              if (slow > 0) {
                replies.acquireUninterruptibly();
                say("asked " + question + " " + request.sampling().seed());
                LockSupport.parkNanos(slow * 1_000_000L);
              }
              // Long lines, so that a kill may fall into the middle of one.
              return "You said: " + question + request.sampling() + "x".repeat(3_000);
            });
    return new EvalRunner(where, CLOCK)
        .run(
            task,
            model,
            settings,
            new Cancellation(),
            (_, _, _) -> {
              if (slow > 0) {
                say("finished");
              }
            });
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static final class Length implements Scorer {
    @Override
    public String id() {
      return "length/1";
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      return List.of(Measure.scored("length", "", solution.text(0).length() % 1_000, "characters"));
    }
  }

  /** The process that is killed. */
  static final class Evaluator {
    private Evaluator() {}

    public static void main(String[] args) {
      evaluate(Path.of(args[0]), 20, Integer.parseInt(args[1]));
    }
  }
}

package dev.mneme.evals;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModelException;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Sampling;
import dev.mneme.data.Score;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalRunnerTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-22T10:00:00Z"), ZoneOffset.UTC);

  @TempDir Path root;

  private static final class LengthScorer implements Scorer {
    final String version;
    final AtomicInteger calls = new AtomicInteger();

    LengthScorer(String version) {
      this.version = version;
    }

    @Override
    public String id() {
      return "length/" + version;
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      calls.incrementAndGet();
      return List.of(
          Measure.scored("length", "turn 1", solution.text(0).length(), "characters"),
          Measure.scored("length", "turn 2", solution.text(1).length(), "characters"));
    }
  }

  private static EvalTask task(int items, Scorer scorer) {
    return new EvalTask(
        "demo",
        IntStream.range(0, items)
            .mapToObj(
                i ->
                    new EvalItem(
                        "item-" + i,
                        i % 2 == 0 ? "even" : "odd",
                        List.of("Question " + i, "And then?"),
                        List.of(),
                        Map.of()))
            .toList(),
        ChatSolver.plain(),
        scorer,
        new Metric("length", 0, 100));
  }

  private static FakeModel echo() {
    return new FakeModel(
        "echo",
        request -> "You said: " + request.messages().getLast().content() + request.sampling());
  }

  private static RunSettings settings() {
    return new RunSettings(
        Sampling.greedy(50), 2, null, Set.of(), null, null, 8, 3, Duration.ofMillis(1));
  }

  private EvalRun run(Path where, EvalTask task, FakeModel model, RunSettings settings) {
    return new EvalRunner(where, CLOCK)
        .run(task, model, settings, new Cancellation(), Progress.NONE);
  }

  @Test
  void killedTwentyTimesGivesTheLogOfAnUnbrokenRun() throws IOException {
    EvalTask task = task(60, new LengthScorer("1"));
    FakeModel unbroken = echo();
    EvalRun whole = run(root.resolve("whole"), task, unbroken, settings());
    var random = new Random(7);
    FakeModel killed = echo();
    Path log = whole.directory().resolve("items.jsonl");
    List<String> expected = lines(log);
    for (int kill = 0; kill < 20; kill++) {
      var cancellation = new Cancellation();
      int last = 1 + random.nextInt(6);
      var seen = new AtomicInteger();
      EvalRun part =
          new EvalRunner(root.resolve("killed"), CLOCK)
              .run(
                  task,
                  killed,
                  settings(),
                  cancellation,
                  (_, _, _) -> {
                    if (seen.incrementAndGet() == last) {
                      cancellation.cancel();
                    }
                  });
      log = part.directory().resolve("items.jsonl");
      tear(log, random);
    }
    EvalRun resumed = run(root.resolve("killed"), task, killed, settings());

    assertThat(resumed.records()).hasSize(120).isEqualTo(whole.records());
    assertThat(lines(log)).hasSameElementsAs(expected);
    assertThat(lines(log)).doesNotHaveDuplicates();
    assertThat(killed.requests).isEqualTo(unbroken.requests);
  }

  /** Half of the time, what a process leaves behind that dies while it writes a line. */
  private static void tear(Path log, Random random) throws IOException {
    if (random.nextBoolean()) {
      String line = "{\"key\":\"0f" + "x".repeat(random.nextInt(200));
      Files.writeString(log, line, StandardOpenOption.APPEND);
    }
  }

  private static List<String> lines(Path log) throws IOException {
    return Files.readAllLines(log);
  }

  @Test
  void finishedRunAsksNothingAgain() {
    EvalTask task = task(10, new LengthScorer("1"));
    EvalRun first = run(root, task, echo(), settings());
    FakeModel again = echo();

    EvalRun second = run(root, task, again, settings());

    assertThat(again.calls).hasValue(0);
    assertThat(second.records()).isEqualTo(first.records());
    assertThat(second.cached()).isZero();
  }

  @Test
  void newScorerScoresTheLoggedRepliesAnew() {
    run(root, task(10, new LengthScorer("1")), echo(), settings());
    FakeModel again = echo();
    var scorer = new LengthScorer("2");

    EvalRun second = run(root, task(10, scorer), again, settings());

    assertThat(again.calls).hasValue(0);
    assertThat(scorer.calls).hasValue(20);
    assertThat(second.info().scorer()).isEqualTo("length/2");
    assertThat(EvalRun.read(second.directory()).records()).hasSameElementsAs(second.records());
  }

  @Test
  void itemKnownFromAnotherRunIsCachedAndKeepsItsLatency() {
    run(root, task(10, new LengthScorer("1")), echo(), settings());
    FakeModel again = echo();

    EvalRun larger = run(root, task(12, new LengthScorer("1")), again, settings());

    assertThat(again.calls).hasValue(2 * 2 * 2);
    assertThat(larger.cached()).isEqualTo(20);
    assertThat(larger.records())
        .filteredOn(EvalRecord::cached)
        .allSatisfy(
            each ->
                assertThat(requireNonNull(each.solution()).replies())
                    .allSatisfy(
                        reply -> assertThat(reply.latency().firstTokenMillis()).isEqualTo(12.5)));
  }

  @Test
  void failureIsRetriedThenCountedThenTriedAgainNextTime() {
    EvalTask task = task(4, new LengthScorer("1"));
    var attempts = new AtomicInteger();
    var broken =
        new FakeModel(
            "echo",
            request -> {
              if (request.messages().getFirst().content().equals("Question 2")) {
                attempts.incrementAndGet();
                throw new ChatModelException("the endpoint answered 503", true, null);
              }
              return "fine";
            });

    EvalRun run = run(root, task, broken, settings());

    assertThat(attempts).hasValue(2 * 4);
    assertThat(run.records()).hasSize(8);
    assertThat(run.errors()).isEqualTo(2);
    EvalSummary summary = EvalSummary.of(run, 1);
    assertThat(summary.primary().unscored()).isEqualTo(2);
    assertThat(summary.primary().value()).isEqualTo(4.0);
    assertThat(summary.primary().floor()).isEqualTo(12 * 4.0 / 14);
    assertThat(run.records())
        .filteredOn(each -> each.error() != null)
        .allSatisfy(
            each ->
                assertThat(each.measures())
                    .containsExactly(
                        new Measure(
                            "length",
                            "",
                            new Score.Unscored("the model failed: the endpoint answered 503"))));

    EvalRun mended = run(root, task, new FakeModel("echo", _ -> "fine"), settings());
    assertThat(mended.errors()).isZero();
    assertThat(mended.records()).hasSize(8);
  }

  @Test
  void limitsStopTheRunAndSayWhich() {
    EvalTask task = task(50, new LengthScorer("1"));
    RunSettings few =
        new RunSettings(
            Sampling.greedy(50), 1, null, Set.of(), 90L, null, 1, 0, Duration.ofMillis(1));

    EvalRun run = run(root, task, echo(), few);

    assertThat(run.records()).hasSize(3);
    assertThat(run.stoppedBy()).isEqualTo("max-tokens 90");
    assertThat(run(root, task, echo(), settings()).records()).hasSize(100);
  }

  @Test
  void firstNAndSamplesChooseItems() {
    EvalTask task = task(9, new LengthScorer("1"));
    RunSettings first =
        new RunSettings(
            Sampling.greedy(50), 1, 2, Set.of(), null, null, 4, 0, Duration.ofMillis(1));
    RunSettings named =
        new RunSettings(
            Sampling.greedy(50),
            1,
            null,
            Set.of("item-8", "item-3"),
            null,
            null,
            4,
            0,
            Duration.ofMillis(1));

    assertThat(run(root, task, echo(), first).records())
        .extracting(EvalRecord::item)
        .containsExactly("item-0", "item-1");
    assertThat(run(root, task, echo(), named).records())
        .extracting(EvalRecord::item)
        .containsExactly("item-3", "item-8");
    RunSettings unknown =
        new RunSettings(
            Sampling.greedy(50),
            1,
            null,
            Set.of("item-99"),
            null,
            null,
            4,
            0,
            Duration.ofMillis(1));
    assertThatThrownBy(() -> run(root, task, echo(), unknown))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("item-99");
  }

  @Test
  void itemsAreAskedAtTheSameTimeUpToTheBound() {
    var now = new AtomicInteger();
    var most = new AtomicInteger();
    var together = new CountDownLatch(settings().parallelism());
    var slow =
        new FakeModel(
            "slow",
            _ -> {
              most.accumulateAndGet(now.incrementAndGet(), Math::max);
              together.countDown();
              awaited(together);
              LockSupport.parkNanos(5_000_000); // for one more than may be to show itself
              now.decrementAndGet();
              return "ok";
            });

    run(root, task(40, new LengthScorer("1")), slow, settings());

    assertThat(most).hasValue(settings().parallelism());
  }

  private static void awaited(CountDownLatch latch) {
    try {
      assertThat(latch.await(2, TimeUnit.MINUTES)).as("as many at once as may be").isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aBugInAScorerEndsTheRun() {
    Scorer broken =
        new Scorer() {
          @Override
          public String id() {
            return "broken/1";
          }

          @Override
          public List<Measure> score(EvalItem item, Solution solution) {
            throw new IllegalStateException("a bug");
          }
        };

    assertThatThrownBy(() -> run(root, task(5, broken), echo(), settings()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a bug");
  }

  @Test
  void duplicateIdsAreRefused() {
    var items = new ArrayList<EvalItem>();
    items.add(new EvalItem("a", "x", List.of("1"), List.of(), Map.of()));
    items.add(new EvalItem("a", "x", List.of("2"), List.of(), Map.of()));

    assertThatThrownBy(
            () ->
                new EvalTask(
                    "demo", items, ChatSolver.plain(), new LengthScorer("1"), Metric.accuracy("x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"a\"");
  }

  @Test
  void epochsHaveSeedsOfTheirOwn() {
    FakeModel model = echo();
    run(root, task(3, new LengthScorer("1")), model, settings());

    var seeds = new HashSet<Long>();
    model.requests.forEach(each -> seeds.add(each.sampling().seed()));
    assertThat(seeds).hasSize(6);
  }
}

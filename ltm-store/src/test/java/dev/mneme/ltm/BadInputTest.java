package dev.mneme.ltm;

import static dev.mneme.ltm.Turns.ANN;
import static dev.mneme.ltm.Turns.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Signal;
import dev.mneme.data.ToolCall;
import dev.mneme.data.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BadInputTest {
  @TempDir Path home;
  private Instant now = Turns.NOON;

  private MemoryStoreConfig config() {
    return MemoryStoreConfig.at(home, () -> now);
  }

  @Test
  void whatCannotBeKeptIsRefusedWithAReasonAndNothingIsLost() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "Before."));
      assertThatThrownBy(() -> memory.remember(user(ANN, 1, "  ")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("says nothing");
      assertThatThrownBy(() -> memory.remember(user(ANN, 1, "half \ud83d a face")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("unpaired surrogate");
      assertThatThrownBy(() -> memory.remember(user(ANN, 1, "x".repeat(Admission.LONGEST + 1))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("split it");
      assertThatThrownBy(() -> memory.remember(List.of()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> memory.recall(MemoryQuery.of(ANN, " ", 5)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("empty");
      assertThatThrownBy(() -> memory.forget(Owner.of(ANN), List.of("nope"), "x"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("nope");
      assertThat(memory.session(ANN).turns()).hasSize(1);
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void halfACharacterIsRefusedWhereverItStands() {
    String half = "half \ud83d a face";
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "Before."));
      List<ThrowingCallable> calls =
          List.of(
              () -> memory.recordSignal(ANN, new Signal.Fix("monday-0", Turns.NOON, half)),
              () -> memory.forget(Owner.of(ANN), List.of("monday-0"), half),
              () -> memory.revise(Owner.of(ANN), "monday-0", half),
              () -> memory.state(Owner.of(ANN), "user", "name", half),
              () -> memory.recordTraining(Owner.of(ANN), half, List.of("monday-0")),
              () -> memory.grant("acme", half, "ann", "*", true),
              () ->
                  memory.remember(
                      new Turn(
                          "t",
                          ANN,
                          1,
                          "assistant",
                          new Message(
                              Role.ASSISTANT,
                              "",
                              List.of(new ToolCall("1", "look", Map.of("what", half))),
                              null),
                          Turns.NOON,
                          null,
                          null)));
      for (ThrowingCallable each : calls) {
        assertThatThrownBy(each)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("unpaired surrogate");
      }
      memory.remember(user(ANN, 2, "After."));
      assertThat(memory.session(ANN).turns()).hasSize(2);
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void aJudgementTooLongToKeepIsRefusedInOneSentence() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "Before."));
      assertThatThrownBy(
              () ->
                  memory.recordSignal(
                      ANN, new Signal.Fix("monday-0", Turns.NOON, "x".repeat(Admission.LONGEST))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("at most");
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void oneMegabyteAndControlCharactersAreKeptWordForWord() {
    String big = "needle " + "hay ".repeat(260_000);
    String odd = "bell \u0007 null \u0000 return \r\n right-to-left \u202e face \ud83d\ude00";
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, big), user(ANN, 1, odd));
    }
    try (MemoryStore memory = MemoryStore.open(config())) {
      assertThat(memory.turn(Owner.of(ANN), "monday-0").orElseThrow().message().content())
          .isEqualTo(big);
      assertThat(memory.turn(Owner.of(ANN), "monday-1").orElseThrow().message().content())
          .isEqualTo(odd);
      assertThat(memory.recall(MemoryQuery.of(ANN, "needle", 1))).hasSize(1);
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "own:dog AND NOT (cat OR",
        "\"unclosed",
        "dog~2 cat^7 [a TO b]",
        "*:*",
        "?",
        "!!!",
        "a/b/c.* \\",
        "'; drop table turn; --",
        "\u0000\u0007",
      })
  void querySyntaxIsPlainText(String question) {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "My dog is called Biscuit."));
      assertThat(memory.recall(MemoryQuery.of(ANN, question, 5))).hasSizeLessThanOrEqualTo(1);
    }
  }

  @Test
  void tenThousandWordsInOneQuestionAreAnswered() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "My dog is called Biscuit."));
      String question =
          "dog "
              + IntStream.range(0, 10_000)
                  .mapToObj(i -> "word" + i)
                  .collect(Collectors.joining(" "));
      assertThat(memory.recall(MemoryQuery.of(ANN, question, 5))).hasSize(1);
    }
  }

  @Test
  void aClockThatGoesBackwardsDoesNotChangeTheOrder() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "First."));
      now = now.minus(Duration.ofDays(400));
      memory.remember(user(ANN, 1, "Second."));
      now = Instant.EPOCH;
      memory.remember(user(ANN, 2, "Third."));
      assertThat(memory.turns(new Selection.Everything(), 0))
          .extracting(stored -> stored.value().message().content())
          .containsExactly("First.", "Second.", "Third.");
    }
  }

  @Test
  void anInterruptedThreadLosesNothingAndKeepsItsInterrupt() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      for (int i = 0; i < 50; i++) {
        Thread.currentThread().interrupt();
        memory.remember(user(ANN, i, "Interrupted number " + i + "."));
        assertThat(memory.recall(MemoryQuery.of(ANN, "interrupted number", 1))).hasSize(1);
        assertThat(Thread.interrupted()).isTrue();
      }
      assertThat(memory.session(ANN).turns()).hasSize(50);
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void aFailureBetweenTheStepsOfAWriteLosesOnlyThatWrite() {
    String[] failAt = {"none"};
    Steps steps =
        step -> {
          if (step.equals(failAt[0])) {
            throw new MemoryStoreException("the disk is full (test)", true, null);
          }
        };
    try (MemoryStore memory = MemoryStore.open(config(), steps)) {
      memory.remember(user(ANN, 0, "Before."));
      failAt[0] = "applied";
      assertThatThrownBy(() -> memory.remember(user(ANN, 1, "During.")))
          .isInstanceOf(MemoryStoreException.class)
          .hasMessageContaining("disk is full");
      failAt[0] = "none";
      memory.remember(user(ANN, 2, "After."));
      assertThat(memory.session(ANN).turns())
          .extracting(turn -> turn.message().content())
          .containsExactly("Before.", "After.");
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void aFullDiskUnderTheJournalRefusesTheWriteAndLosesNothing() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "there is no /dev/full here, so no disk to find full");
    Path segment = home.resolve("journal").resolve("0000000000000000001.jsonl");
    try (MemoryStore memory = MemoryStore.open(config())) {
      Files.createSymbolicLink(segment, full);
      for (int i = 0; i < 3; i++) {
        int index = i;
        assertThatThrownBy(() -> memory.remember(user(ANN, index, "During.")))
            .isInstanceOf(MemoryStoreException.class)
            .hasMessageContaining("disk full");
      }
      assertThat(memory.session(ANN).turns()).isEmpty();
      assertThat(memory.recall(MemoryQuery.of(ANN, "during", 5))).isEmpty();
    }
    Files.delete(segment);
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 3, "After."));
      assertThat(memory.session(ANN).turns())
          .extracting(turn -> turn.message().content())
          .containsExactly("After.");
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void aDiskThatIsReallyFullRefusesWritesAndLosesNothing()
      throws IOException, InterruptedException {
    Path disk = Files.createDirectory(home.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk.toString()),
        "no disk can be mounted here (that takes root), so none to fill");
    try {
      Path full = disk.resolve("memory");
      String words = "lorem ipsum dolor sit amet ".repeat(400);
      int kept = 0;
      MemoryStoreException refused = null;
      try (MemoryStore memory = MemoryStore.open(MemoryStoreConfig.at(full, () -> now))) {
        while (refused == null && kept < 5_000) {
          try {
            memory.remember(user(ANN, kept, "Number " + kept + " " + words));
            kept++;
          } catch (MemoryStoreException e) {
            refused = e;
          }
        }
      } catch (MemoryStoreException e) {
        // Closing cannot write what the full disk refused; the journal has it.
        assertThat(e).hasMessageContaining("cannot");
      }
      assertThat(refused).as("%d turns fit", kept).isNotNull();
      assertThat(refused.getMessage()).containsAnyOf("disk full", "make room on the disk");
      assertThat(run("mount", "-o", "remount,size=200m", disk.toString())).isTrue();
      try (MemoryStore memory = MemoryStore.open(MemoryStoreConfig.at(full, () -> now))) {
        assertThat(memory.verify().problems()).isEmpty();
        assertThat(memory.session(ANN).turns()).hasSize(kept);
        memory.remember(user(ANN, kept, "Room again."));
        assertThat(memory.recall(MemoryQuery.of(ANN, "room again", 1))).hasSize(1);
      }
    } finally {
      assertThat(run("umount", "-l", disk.toString())).isTrue();
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor() == 0;
  }

  @ParameterizedTest
  @ValueSource(strings = {"flushed", "indexed", "index-prepared"})
  void aFullDiskUnderLedgerOrIndexSaysSoAndLosesNothing(String where) throws InterruptedException {
    var reached = new CountDownLatch(1);
    var full = new AtomicBoolean();
    Steps steps =
        step -> {
          if (full.get() && step.equals(where)) {
            reached.countDown();
            throw new MemoryStoreException("no space left on device (test)", true, null);
          }
        };
    try (MemoryStore memory = MemoryStore.open(config(), steps)) {
      full.set(true);
      memory.remember(user(ANN, 0, "My dog is called Biscuit."));
      assertThat(reached.await(2, TimeUnit.MINUTES)).isTrue();
      if (where.equals("flushed")) {
        assertThatThrownBy(() -> memory.remember(user(ANN, 1, "Refused.")))
            .isInstanceOf(MemoryStoreException.class)
            .hasMessageContaining("no space left")
            .hasMessageContaining("start again");
      } else {
        memory.remember(user(ANN, 1, "Kept, though it cannot be indexed."));
        assertThatThrownBy(() -> memory.recall(MemoryQuery.of(ANN, "kept", 5)))
            .isInstanceOf(MemoryStoreException.class)
            .hasMessageContaining("no space left")
            .hasMessageContaining("rebuild-index");
      }
    }
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 2, "After."));
      assertThat(memory.recall(MemoryQuery.of(ANN, "dog", 1)))
          .extracting(Recalled::id)
          .containsExactly("monday-0");
      assertThat(memory.session(ANN).turns()).hasSize(where.equals("flushed") ? 2 : 3);
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void aThreadInterruptedWhileItWaitsForTheDiskLosesNothing() throws InterruptedException {
    var writing = new CountDownLatch(1);
    var proceed = new CountDownLatch(1);
    Steps steps =
        step -> {
          if (step.equals("applied")) {
            writing.countDown();
            try {
              assertThat(proceed.await(2, TimeUnit.MINUTES)).isTrue();
            } catch (InterruptedException e) {
              throw new AssertionError("the caller's interrupt reached the writer", e);
            }
          }
        };
    try (MemoryStore memory = MemoryStore.open(config(), steps)) {
      var kept = new AtomicBoolean();
      Thread caller =
          Thread.ofPlatform()
              .start(
                  () -> {
                    memory.remember(user(ANN, 0, "My dog is called Biscuit."));
                    kept.set(Thread.interrupted());
                  });
      assertThat(writing.await(2, TimeUnit.MINUTES)).isTrue();
      caller.interrupt();
      proceed.countDown();
      caller.join();
      assertThat(kept).as("returned, with its interrupt").isTrue();
      assertThat(memory.recall(MemoryQuery.of(ANN, "dog", 1))).hasSize(1);
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void aQuestionOfHalfCharactersIsRefused() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      assertThatThrownBy(() -> memory.recall(MemoryQuery.of(ANN, "who \udc00 is it", 5)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("unpaired surrogate");
    }
  }

  @Test
  void useAfterCloseSaysSo() {
    MemoryStore closed;
    try (MemoryStore memory = MemoryStore.open(config())) {
      closed = memory;
    }
    closed.close();
    assertThatThrownBy(() -> closed.remember(user(ANN, 0, "Late.")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }
}

package dev.mneme.cli.preferences;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.cli.Home;
import dev.mneme.cli.config.PreferenceSettings;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.MemoryStoreConfig;
import dev.mneme.ltm.Owner;
import dev.mneme.preference.Extraction;
import dev.mneme.preference.ExtractionReport;
import dev.mneme.preference.formats.PreferenceFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearntPreferencesTest {
  private static final Instant START = Instant.parse("2026-03-01T09:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(START.plusSeconds(86_400));

  @TempDir Path dir;

  @com.google.errorprone.annotations.MustBeClosed
  private MemoryStore open() {
    return MemoryStore.open(MemoryStoreConfig.at(dir.resolve("memory"), CLOCK));
  }

  private static void say(MemoryStore memory, String user, String session, String... turns) {
    Scope scope = new Scope("local", user, "mneme", session);
    @org.jspecify.annotations.Nullable String request = null;
    for (int i = 0; i < turns.length; i++) {
      String id = user + "/" + session + "/" + i;
      boolean person = i % 2 == 0;
      memory.remember(
          new Turn(
              id,
              scope,
              i,
              person ? "user" : "assistant",
              person ? Message.user(turns[i]) : Message.assistant(turns[i]),
              START.plusSeconds(60L * i),
              person ? null : request,
              null));
      request = id;
    }
  }

  private static void fixedHeadline(MemoryStore memory, String user) {
    say(memory, user, "s", "Write a headline about the harbour", "News about a harbour somewhere");
    memory.recordSignal(
        new Scope("local", user, "mneme", "s"),
        new Signal.Fix(user + "/s/1", START.plusSeconds(90), "Harbour opens early this year"));
  }

  private LearntPreferences learnt() {
    return new LearntPreferences(
        new Home(dir), PreferenceSettings.defaults().extractor("local"), CLOCK);
  }

  private static List<PreferencePair> pairs(
      LearntPreferences learnt, MemoryStore memory, LearntPreferences.Window window) {
    var pairs = new ArrayList<PreferencePair>();
    learnt.run(
        memory,
        window,
        each -> {
          if (each instanceof Extraction.Pair pair) {
            pairs.add(pair.pair());
          }
        });
    return pairs;
  }

  @Test
  void theMemoryIsReadOnceAndGivesTheSameAgain() {
    try (MemoryStore memory = open()) {
      fixedHeadline(memory, "kim");
      fixedHeadline(memory, "sam");
      ExtractionReport first = learnt().run(memory, LearntPreferences.Window.ALL, each -> {});
      ExtractionReport second = learnt().run(memory, LearntPreferences.Window.ALL, each -> {});
      assertThat(first.read()).isEqualTo(2);
      assertThat(second.read()).isZero();
      assertThat(second.pairCount()).isEqualTo(2);
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL))
          .extracting(pair -> pair.scope().user())
          .containsExactlyInAnyOrder("kim", "sam");
    }
  }

  @Test
  void aForgottenTurnTeachesNothingAnyMore() {
    try (MemoryStore memory = open()) {
      fixedHeadline(memory, "sam");
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL)).hasSize(1);
      memory.forget(new Owner("local", "sam", "mneme"), List.of("sam/s/0", "sam/s/1"), "asked to");
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL)).isEmpty();
    }
  }

  @Test
  void aWindowSeesOnlyItsTime() {
    try (MemoryStore memory = open()) {
      fixedHeadline(memory, "sam");
      assertThat(pairs(learnt(), memory, new LearntPreferences.Window(START.plusSeconds(61), null)))
          .isEmpty();
      assertThat(
              pairs(learnt(), memory, new LearntPreferences.Window(null, START.plusSeconds(3_600))))
          .isEmpty();
    }
  }

  @Test
  void anImportPassesTheCensorAndIsTakenOnce() throws IOException {
    Path file = dir.resolve("pairs.jsonl");
    Files.writeString(
        file,
        """
        {"prompt": "Sign it", "chosen": "Warm regards", "rejected": "Bye"}
        {"prompt": "Mail?", "chosen": "Write to sam@example.org", "rejected": "No"}
        """);
    assertThat(learnt().importFile(file, PreferenceFormat.TRL))
        .satisfies(
            imported -> {
              assertThat(imported.accepted()).isEqualTo(1);
              assertThat(imported.dropped())
                  .singleElement()
                  .satisfies(
                      each ->
                          assertThat(each).contains("pairs.jsonl:2").contains("e-mail address"));
            });
    assertThat(learnt().importFile(file, PreferenceFormat.TRL).known()).isEqualTo(1);
    try (MemoryStore memory = open()) {
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL))
          .singleElement()
          .satisfies(pair -> assertThat(pair.origin()).isEqualTo(PreferencePair.Origin.IMPORTED));
    }
  }

  @Test
  void aWishIsHeardAtOnceAndReplacedByALaterOne() {
    try (MemoryStore memory = open()) {
      var wishes = new StandingWishes(memory, CLOCK);
      Scope later = new Scope("local", "sam", "mneme", "later");
      say(memory, "sam", "a", "Call me Sam. I prefer short answers.", "Fine, Sam.");
      assertThat(wishes.apply(later))
          .containsExactlyInAnyOrder("Call the user Sam.", "Keep replies short.");
      say(memory, "sam", "b", "I prefer detailed answers", "Fine.");
      assertThat(wishes.apply(later)).contains("Call the user Sam.");
      assertThat(wishes.apply(new Scope("local", "kim", "mneme", "later"))).isEmpty();
      memory.forget(new Owner("local", "sam", "mneme"), List.of("sam/a/0"), "asked to");
      assertThat(wishes.apply(later)).doesNotContain("Call the user Sam.");
    }
  }

  @Test
  void theTrainersPortGetsPairsAndDropCounts() {
    try (MemoryStore memory = open()) {
      fixedHeadline(memory, "sam");
      say(memory, "kim", "k", "Sign it", "Bye");
      memory.recordSignal(
          new Scope("local", "kim", "mneme", "k"),
          new Signal.Fix("kim/k/1", START, "the password is hunter2!x"));
      var snapshot = new ExtractedPreferences(memory, learnt()).snapshot();
      assertThat(snapshot.pairs()).hasSize(1);
      assertThat(snapshot.memorySequence()).isEqualTo(memory.currentSequence());
      assertThat(snapshot.dropped()).containsEntry("secret", 1);
    }
  }
}

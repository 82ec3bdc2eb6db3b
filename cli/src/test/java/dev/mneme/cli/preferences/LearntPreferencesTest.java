package dev.mneme.cli.preferences;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.agent.ScriptedChatModel;
import dev.mneme.cli.Home;
import dev.mneme.cli.config.PreferenceSettings;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import dev.mneme.ltm.Embedder;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.MemoryStoreConfig;
import dev.mneme.ltm.Owner;
import dev.mneme.preference.Extraction;
import dev.mneme.preference.ExtractionReport;
import dev.mneme.preference.History.Consent;
import dev.mneme.preference.Similarity;
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

  private static void largestHarbour(MemoryStore memory, String user, String reply, boolean up) {
    say(memory, user, "h", "Which harbour city is the largest in Norway?", reply);
    memory.recordSignal(
        new Scope("local", user, "mneme", "h"),
        new Signal.Thumb(user + "/h/1", START.plusSeconds(90), up, null));
  }

  @Test
  void peopleLearnFromEachOtherOnlyWhileBothConsent() {
    try (MemoryStore memory = open()) {
      largestHarbour(memory, "sam", "Fish is healthy and tasty.", false);
      largestHarbour(
          memory, "kim", "Oslo is the largest city, with the largest passenger harbour.", true);
      var consents = new Consents(memory);
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL)).isEmpty();
      consents.set("local", "sam", Consent.SHARED);
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL)).isEmpty();
      consents.set("local", "kim", Consent.SHARED);
      assertThat(consents.of("local", "kim")).isEqualTo(Consent.SHARED);
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL)).hasSize(1);
      consents.set("local", "kim", Consent.OWN_USE);
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL)).isEmpty();
      assertThat(consents.of("elsewhere", "sam")).isEqualTo(Consent.OWN_USE);
      memory.erase("local", "sam", List.of());
      assertThat(consents.of("local", "sam")).isEqualTo(Consent.OWN_USE);
    }
  }

  @Test
  void whoOptsOutTeachesNothingFromThenOn() {
    try (MemoryStore memory = open()) {
      fixedHeadline(memory, "sam");
      fixedHeadline(memory, "kim");
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL)).hasSize(2);
      var consents = new Consents(memory);
      consents.set("local", "sam", Consent.OPTED_OUT);
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL))
          .extracting(pair -> pair.scope().user())
          .containsExactly("kim");
      assertThat(new ExtractedPreferences(memory, learnt()).snapshot().dropped())
          .containsEntry("opted_out", 1);
      consents.set("local", "sam", Consent.OWN_USE);
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL)).hasSize(2);
    }
  }

  @Test
  void aReplyThatBrokeAWishIsAnsweredAgainByTheModel() throws IOException {
    Path script =
        Files.writeString(
            dir.resolve("script.yaml"),
            """
            model: brief
            replies: ["The harbour of Bergen: ships, gulls, nets."]
            repeat: true
            """);
    try (MemoryStore memory = open()) {
      say(
          memory,
          "sam",
          "s",
          "Describe the harbour of Bergen to my sister",
          "The harbour of Bergen has many ships and gulls and ropes and nets. ".repeat(15),
          "Too long, please keep it short.");
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL)).isEmpty();
      for (int most : new int[] {0, 1}) {
        try (var rerunner = new ModelRerunner(() -> ScriptedChatModel.read(script), most)) {
          LearntPreferences with =
              learnt().with(new LearntPreferences.Helpers(Similarity.LEXICAL_ONLY, rerunner));
          assertThat(pairs(with, memory, LearntPreferences.Window.ALL)).hasSize(most);
        }
      }
      assertThat(pairs(learnt(), memory, LearntPreferences.Window.ALL))
          .singleElement()
          .satisfies(
              pair -> {
                assertThat(pair.origin()).isEqualTo(PreferencePair.Origin.RERUN);
                assertThat(pair.chosen().getFirst().content()).startsWith("The harbour of Bergen:");
              });
    }
  }

  @Test
  void vectorsAreReadOnTheEmbeddersOwnScale() {
    // All of its vectors lie close together: 0.9 is what two unrelated sentences have in common.
    var embedder =
        new Embedder() {
          @Override
          public String id() {
            return "topics";
          }

          @Override
          public int dimensions() {
            return 999;
          }

          @Override
          public float[] embed(String text) {
            boolean boat = text.contains("boat") || text.contains("vessel");
            var vector = new float[dimensions()];
            vector[0] = (float) Math.sqrt(0.9);
            vector[boat ? 1 : 2 + Math.floorMod(text.hashCode(), 997)] = (float) Math.sqrt(0.1);
            return vector;
          }
        };
    var similarity = new EmbeddedSimilarity(embedder);
    assertThat(similarity.between("hire a boat", "hire a vessel")).isGreaterThan(0.99);
    assertThat(similarity.between("hire a boat", "")).isZero();
    assertThat(similarity.between("hire a boat", "What is the capital of Norway?"))
        .isLessThan(0.01);
  }
}

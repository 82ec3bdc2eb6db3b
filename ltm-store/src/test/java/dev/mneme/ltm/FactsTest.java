package dev.mneme.ltm;

import static dev.mneme.ltm.Turns.ANN;
import static dev.mneme.ltm.Turns.assistant;
import static dev.mneme.ltm.Turns.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.data.MemoryBlock;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Provenance;
import dev.mneme.data.Sampling;
import dev.mneme.data.Turn;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FactsTest {
  private static final Owner OWNER = Owner.of(ANN);

  @TempDir Path home;
  private Instant now = Turns.NOON;

  private MemoryStoreConfig config() {
    return MemoryStoreConfig.at(home, () -> now);
  }

  private void later() {
    now = now.plus(Duration.ofHours(1));
  }

  private static List<String> told(List<Fact> facts) {
    return facts.stream().map(f -> f.attribute() + "=" + f.value() + " " + f.status()).toList();
  }

  @Test
  void newerFactSupersedesAndTheOldOneIsKept() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "I live in Oslo."));
      Instant between = now.plusSeconds(60);
      later();
      memory.remember(user(ANN, 1, "I moved to Lisbon."));

      assertThat(told(memory.facts(OWNER, FactQuery.current())))
          .containsExactly("lives_in=Lisbon CURRENT");
      assertThat(told(memory.facts(OWNER, FactQuery.current().withAsOf(between))))
          .containsExactly("lives_in=Oslo CURRENT");
      assertThat(told(memory.facts(OWNER, FactQuery.current().withPast())))
          .containsExactlyInAnyOrder("lives_in=Oslo SUPERSEDED", "lives_in=Lisbon CURRENT");
    }
  }

  @Test
  void whatHeldThenIsKnownByValidity() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "I live in Oslo."));
      memory.remember(user(ANN, 10, "I moved to Lisbon."));

      assertThat(
              told(
                  memory.facts(
                      OWNER,
                      FactQuery.current().holdingAt(Turns.NOON.plus(Duration.ofMinutes(5))))))
          .containsExactly("lives_in=Oslo SUPERSEDED");
    }
  }

  @Test
  void repetitionCountsAndNegationEnds() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "I like olives."), user(ANN, 1, "I really like olives!"));
      assertThat(memory.facts(OWNER, FactQuery.current()))
          .singleElement()
          .extracting(Fact::frequency)
          .isEqualTo(2);

      memory.remember(user(ANN, 2, "I no longer like olives."));
      assertThat(memory.facts(OWNER, FactQuery.current())).isEmpty();

      memory.remember(user(ANN, 3, "I don't like rain."));
      assertThat(told(memory.facts(OWNER, FactQuery.current())))
          .containsExactly("dislikes=rain CURRENT");
    }
  }

  @Test
  void sayingTheSameTwiceNeverDeletes() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "My name is Sam."));
      memory.remember(user(ANN, 1, "My name is Sam."));
      assertThat(told(memory.facts(OWNER, FactQuery.current())))
          .containsExactly("name=Sam CURRENT");
    }
  }

  @Test
  void supersedingIsUndone() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "I live in Oslo."));
      memory.remember(user(ANN, 1, "I moved to Lisbon."));
      long change =
          memory.history(OWNER, null, 10).stream()
              .filter(entry -> entry.what().contains("Lisbon: CURRENT"))
              .findFirst()
              .orElseThrow()
              .sequence();

      memory.undo(OWNER, change);

      assertThat(told(memory.facts(OWNER, FactQuery.current())))
          .containsExactly("lives_in=Oslo CURRENT");
    }
  }

  @Test
  void forgettingTheSourceTakesTheFactBackAndUndoBringsItBack() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "I live in Oslo."));
      memory.forget(OWNER, List.of("monday-0"), "wrong");
      assertThat(memory.facts(OWNER, FactQuery.current())).isEmpty();

      long forgotten =
          memory.history(OWNER, null, 10).stream()
              .filter(entry -> entry.kind().equals("forget"))
              .findFirst()
              .orElseThrow()
              .sequence();
      memory.undo(OWNER, forgotten);

      assertThat(told(memory.facts(OWNER, FactQuery.current())))
          .containsExactly("lives_in=Oslo CURRENT");
      assertThat(memory.recall(MemoryQuery.of(ANN, "Oslo", 1))).hasSize(1);
    }
  }

  @Test
  void aQuestionInOtherWordsFindsTheStatementByItsFact() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(
          user(ANN, 0, "Nice weather today, is it not?"),
          assistant(ANN, 1, "It is."),
          user(ANN.withSession("x"), 0, "I'm 35."),
          user(ANN.withSession("y"), 0, "The train was late again."));

      List<Recalled> found = memory.recall(MemoryQuery.of(ANN, "What is my age?", 1));

      assertThat(found).extracting(Recalled::text).containsExactly("I'm 35.");
      assertThat(found.getFirst().facts()).extracting(Fact::value).containsExactly("35");
    }
  }

  @Test
  void recalledTextIsNeitherStoredNorExtractedAgain() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "I live in Oslo near the harbour."));
      List<Recalled> recalled = memory.recall(MemoryQuery.of(ANN, "Where do I live?", 3));
      String block = MemoryBlock.render(recalled.stream().map(Recalled::line).toList());

      memory.remember(user(ANN, 1, block + "\nWhat do you know about me?"));
      Receipt reply = memory.remember(assistant(ANN, 2, "I live in Oslo near the harbour."));

      assertThat(memory.session(ANN).turns().get(1).message().content())
          .isEqualTo("What do you know about me?");
      assertThat(reply.echoes()).isEqualTo(1);
      assertThat(memory.session(ANN).turns()).hasSize(3);
      assertThat(memory.recall(MemoryQuery.of(ANN, "Oslo harbour", 10)))
          .extracting(Recalled::id)
          .contains("monday-0")
          .doesNotContain("monday-2");
      assertThat(memory.facts(OWNER, FactQuery.current()))
          .singleElement()
          .extracting(Fact::frequency)
          .isEqualTo(1);
    }
  }

  @Test
  void aReplyThatRepeatsTheMemoriesOfItsPromptIsAnEchoAfterARestart() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "My sister Joan plays the cello in Bergen."));
    }
    try (MemoryStore memory = MemoryStore.open(config())) {
      Turn plain = assistant(ANN, 1, "My sister Joan plays the cello in Bergen.");
      var provenance =
          new Provenance(
              new ModelRef("starter", "00"), Sampling.greedy(8), List.of("monday-0"), null, null);
      Receipt receipt =
          memory.remember(
              new Turn(
                  plain.id(),
                  plain.scope(),
                  1,
                  "assistant",
                  plain.message(),
                  plain.at(),
                  null,
                  provenance));
      assertThat(receipt.echoes()).isEqualTo(1);
    }
  }

  @Test
  void aRevisionReplacesAndIsUndone() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "The meeting is on Tuesday."));
      Instant before = now.plusSeconds(1);
      later();
      Receipt revised = memory.revise(OWNER, "monday-0", "The meeting is on Thursday.");

      assertThat(memory.recall(MemoryQuery.of(ANN, "When is the meeting?", 5)))
          .extracting(Recalled::text)
          .containsExactly("The meeting is on Thursday.");
      assertThat(memory.recall(MemoryQuery.of(ANN, "When is the meeting?", 5).withAsOf(before)))
          .extracting(Recalled::text)
          .containsExactly("The meeting is on Tuesday.");

      memory.undo(OWNER, revised.sequence());
      assertThat(memory.recall(MemoryQuery.of(ANN, "When is the meeting?", 5)))
          .extracting(Recalled::text)
          .containsExactly("The meeting is on Tuesday.");
      assertThatThrownBy(() -> memory.undo(OWNER, 999))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no change 999");
    }
  }

  @Test
  void aFactEnteredByHandSupersedes() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "I live in Oslo."));
      memory.state(OWNER, "user", "lives_in", "Bergen");
      assertThat(told(memory.facts(OWNER, FactQuery.current())))
          .containsExactly("lives_in=Bergen CURRENT");
    }
  }

  /** Reading all of an attribute for each statement made many values quadratic. */
  @Test
  void aStatementFindsItsValueByTheIndexHoweverManyThereAre() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "I like tea."));
    }
    try (Ledger ledger = Ledger.open(home, Vault.open(home, null))) {
      String plan =
          ledger
              .jdbi()
              .withHandle(
                  handle ->
                      handle
                          .createQuery(
                              "explain select body from fact where space_id = 1 and subject ="
                                  + " 'user' and attribute = 'likes' and replaced_at is null and"
                                  + " status = 'CURRENT' and val_hash = 5 order by seq")
                          .mapTo(String.class)
                          .one());
      assertThat(plan).contains("FACT_BELIEVED: ", "VAL_HASH\" = CAST(5", "REPLACED_AT\" IS NULL");
    }
  }
}

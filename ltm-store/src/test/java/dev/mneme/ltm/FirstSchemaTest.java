package dev.mneme.ltm;

import static dev.mneme.ltm.Turns.ANN;
import static dev.mneme.ltm.Turns.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A memory of the first schema, kept as {@code home-v1.zip} (made with {@code mneme memory backup}
 * and never remade), opens with whatever this is, and is whole.
 */
final class FirstSchemaTest {
  @TempDir Path dir;

  @Test
  void aMemoryOfTheFirstSchemaOpensAndIsWhole() throws IOException {
    Path zip = dir.resolve("home-v1.zip");
    try (InputStream in = FirstSchemaTest.class.getResourceAsStream("home-v1.zip")) {
      assertThat(in).as("the kept memory").isNotNull();
      Files.write(zip, in.readAllBytes());
    }
    Path home = dir.resolve("home");
    MemoryStore.restore(zip, home);
    try (MemoryStore memory =
        MemoryStore.open(MemoryStoreConfig.at(home, Clock.fixed(Turns.NOON, ZoneOffset.UTC)))) {
      assertThat(memory.verify().problems()).isEmpty();
      assertThat(memory.recall(MemoryQuery.of(ANN, "What is my dog called?", 1)))
          .extracting(Recalled::id)
          .containsExactly("monday-0");
      assertThat(memory.recall(MemoryQuery.of(ANN, "xylophonium", 5))).isEmpty();
      assertThat(memory.facts(Owner.of(ANN), FactQuery.current()))
          .extracting(Fact::attribute, Fact::value)
          .contains(tuple("lives_in", "Quetzaltown"));
      assertThat(memory.signals(new Selection.Everything(), 0)).hasSize(1);
      assertThat(memory.pairs(new Selection.Everything())).hasSize(1);
      memory.remember(user(ANN, 9, "And on it goes."), user(ANN, 10, "I live in Quetzaltown."));
      assertThat(memory.facts(Owner.of(ANN), FactQuery.current().about("user", "lives_in")))
          .as("found by its value, though stored before values had hashes")
          .singleElement()
          .satisfies(fact -> assertThat(fact.frequency()).isEqualTo(2));
      assertThat(memory.verify().problems()).isEmpty();
      assertThat(memory.erase("acme", "ann", List.of()).checkpoints())
          .containsExactly("sha-of-checkpoint-7");
    }
  }

  /** An up-to-date ledger skips Flyway, so the number in the code must be the newest script's. */
  @Test
  void theSchemaInTheCodeIsTheNewestMigration() {
    Path home = dir.resolve("new");
    try (MemoryStore memory = MemoryStore.open(MemoryStoreConfig.at(home, Clock.systemUTC()))) {
      assertThat(memory.currentSequence()).isZero();
    }
    try (Ledger ledger = Ledger.open(home, Vault.open(home, null))) {
      int newest =
          ledger
              .jdbi()
              .withHandle(
                  handle ->
                      handle
                          .createQuery(
                              "select max(cast(\"version\" as int)) from"
                                  + " \"flyway_schema_history\"")
                          .mapTo(Integer.class)
                          .one());
      assertThat(newest).isEqualTo(Integer.parseInt(Ledger.SCHEMA));
    }
  }
}

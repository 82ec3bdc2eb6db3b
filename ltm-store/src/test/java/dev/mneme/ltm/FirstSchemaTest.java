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
import java.util.stream.Stream;
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
      memory.remember(user(ANN, 9, "And on it goes."));
      assertThat(memory.verify().problems()).isEmpty();
      assertThat(memory.erase("acme", "ann", List.of()).checkpoints())
          .containsExactly("sha-of-checkpoint-7");
    }
  }

  /** An up-to-date ledger skips Flyway, so the number in the code must be the newest script's. */
  @Test
  void theSchemaInTheCodeIsTheNewestMigration() throws IOException {
    Path scripts =
        Path.of(
            System.getProperty("mneme.root"),
            "ltm-store",
            "src",
            "main",
            "resources",
            "dev",
            "mneme",
            "ltm",
            "migration");
    try (Stream<Path> files = Files.list(scripts)) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .mapToInt(name -> Integer.parseInt(name.substring(1, name.indexOf("__"))))
                  .max())
          .hasValue(Integer.parseInt(Ledger.SCHEMA));
    }
  }
}

package dev.mneme.ltm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The counts that every test of this module is checked by see what they should. */
final class LeakTest {
  @TempDir Path home;

  @Test
  void aConnectionThatIsNotGivenBackStaysCounted() throws SQLException {
    long before = Ledger.openConnections();
    Ledger ledger = Ledger.open(home, Vault.open(home, null));
    Connection connection = ledger.writerConnection();
    assertThat(Ledger.openConnections()).isEqualTo(before + 1);
    ledger.close();
    assertThat(Ledger.openConnections()).isEqualTo(before + 1);
    connection.close();
    assertThat(Ledger.openConnections()).isEqualTo(before);
  }

  @Test
  void anIndexIsCountedUntilItIsClosed() {
    long before = MemoryIndex.openSearchers();
    try (MemoryStore memory = MemoryStore.open(MemoryStoreConfig.at(home, Clock.systemUTC()))) {
      assertThat(MemoryIndex.openSearchers()).isEqualTo(before + 1);
      assertThat(memory.recall(MemoryQuery.of(Turns.ANN, "anything", 1))).isEmpty();
      assertThat(MemoryIndex.openSearchers()).isEqualTo(before + 1);
    }
    assertThat(MemoryIndex.openSearchers()).isEqualTo(before);
  }

  /** It would hold statements and values, outside everything that is encrypted or erased. */
  @Test
  void h2KeepsNoLogOfItsOwn() throws IOException {
    try (MemoryStore memory = MemoryStore.open(MemoryStoreConfig.at(home, Clock.systemUTC()))) {
      memory.remember(Turns.user(Turns.ANN, 0, "My dog is called Biscuit."));
    }
    try (Stream<Path> files = Files.walk(home)) {
      assertThat(files).noneMatch(file -> file.toString().endsWith(".trace.db"));
    }
  }
}

package dev.mneme.ltm;

import static dev.mneme.ltm.Turns.ANN;
import static dev.mneme.ltm.Turns.assistant;
import static dev.mneme.ltm.Turns.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UpkeepTest {
  private static final Owner OWNER = Owner.of(ANN);
  private static final Scope BOB = new Scope("acme", "bob", "helper", "friday");

  @TempDir Path dir;

  private MemoryStoreConfig config(String home) {
    return MemoryStoreConfig.at(dir.resolve(home), Clock.fixed(Turns.NOON, ZoneOffset.UTC));
  }

  private static void fill(MemoryStore memory) {
    memory.remember(
        user(ANN, 0, "My dog is called Zanzibaria."),
        assistant(ANN, 1, "A fine name."),
        user(ANN, 2, "I live in Quetzaltown."),
        user(ANN, 3, "The secret word is xylophonium."));
    memory.recordSignal(ANN, new Signal.Thumb("monday-1", Turns.NOON, true, "quetzalwhy"));
    memory.forget(OWNER, List.of("monday-3"), "asked to");
    memory.remember(user(BOB, 0, "I collect stamps."), assistant(BOB, 1, "How nice."));
    memory.recordPair(
        new PreferencePair(
            "p1",
            ANN,
            PreferencePair.Origin.RETRY,
            List.of(Message.user("quetzalprompt")),
            List.of(Message.assistant("good")),
            List.of(Message.assistant("bad")),
            PairWeight.ONE,
            Turns.NOON,
            List.of()),
        List.of("monday-0"));
    memory.recordTraining(OWNER, "sha-of-checkpoint-7", List.of("monday-0", "monday-1"));
  }

  @Test
  void exportAndImportGiveTheSameStore() throws IOException {
    Path first = dir.resolve("one.jsonl");
    Path second = dir.resolve("two.jsonl");
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
      memory.export(new Selection.Everything(), first);
    }
    try (MemoryStore memory = MemoryStore.open(config("b"))) {
      Transfer transfer = memory.importFrom(first);
      assertThat(transfer.skipped()).isZero();
      memory.export(new Selection.Everything(), second);
      assertThat(Files.readString(second)).isEqualTo(Files.readString(first));
      assertThat(memory.recall(MemoryQuery.of(ANN, "What is my dog called?", 1)))
          .extracting(Recalled::id)
          .containsExactly("monday-0");
      assertThat(memory.recall(MemoryQuery.of(ANN, "xylophonium", 5))).isEmpty();
      Transfer again = memory.importFrom(first);
      assertThat(again.changes()).isZero();
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void importRefusesWhatIsNoExport() throws IOException {
    Path file = dir.resolve("x.jsonl");
    Files.writeString(file, "{\"hello\":1}\n");
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      assertThatThrownBy(() -> memory.importFrom(file))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("not an export");
    }
  }

  @Test
  void erasureLeavesNothingInAnyFile() throws IOException {
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
      ErasureReceipt receipt = memory.erase("acme", "ann", List.of());

      assertThat(receipt.turns()).isEqualTo(4);
      assertThat(receipt.pairs()).isEqualTo(1);
      assertThat(receipt.signals()).isEqualTo(1);
      assertThat(receipt.checkpoints()).containsExactly("sha-of-checkpoint-7");
      assertThat(receipt.left().values()).containsOnly(0L);
      assertThat(memory.recall(MemoryQuery.of(ANN, "What is my dog called?", 5))).isEmpty();
      assertThat(memory.turns(new Selection.User("acme", "ann"), 0)).isEmpty();
      assertThat(memory.recall(MemoryQuery.of(BOB, "stamps", 1))).hasSize(1);
      assertThat(memory.verify().problems()).isEmpty();
    }
    for (String word : List.of("anzibaria", "uetzal", "ylophonium")) {
      assertThat(filesHolding(dir.resolve("a"), word)).as(word).isEmpty();
    }
    assertThat(filesHolding(dir.resolve("a"), "collect stamps")).isNotEmpty();
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      memory.remember(user(ANN, 0, "I am back."));
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void anErasureThatFailsElsewhereCanBeRepeated() {
    var elsewhere =
        new Erasable() {
          private boolean broken = true;
          private int pairs = 2;

          @Override
          public String name() {
            return "pair files";
          }

          @Override
          public Removed erase(String tenant, String user) {
            if (broken) {
              throw new UncheckedIOException(new IOException("no such device"));
            }
            int removed = pairs;
            pairs = 0;
            return new Removed(removed, List.of("sha-of-checkpoint-8", "sha-of-checkpoint-7"));
          }

          @Override
          public long left(String tenant, String user) {
            return pairs;
          }
        };
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
      assertThatThrownBy(() -> memory.erase("acme", "ann", List.of(elsewhere)))
          .hasMessageContaining("no such device");
      assertThat(memory.recall(MemoryQuery.of(ANN, "dog", 1))).hasSize(1);

      elsewhere.broken = false;
      ErasureReceipt receipt = memory.erase("acme", "ann", List.of(elsewhere));

      assertThat(receipt.elsewhere()).containsEntry("pair files", 2);
      assertThat(receipt.left()).containsEntry("pair files", 0L);
      assertThat(receipt.checkpoints())
          .containsExactly("sha-of-checkpoint-7", "sha-of-checkpoint-8");
    }
  }

  private static List<Path> filesHolding(Path dir, String word) throws IOException {
    try (Stream<Path> files = Files.walk(dir)) {
      return files
          .filter(Files::isRegularFile)
          .filter(
              file -> {
                try {
                  return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                      .toLowerCase(Locale.ROOT)
                      .contains(word);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
          .toList();
    }
  }

  @Test
  void theMemorySurvivesTheLossOfTheDatabaseFile() throws IOException {
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
    }
    Files.writeString(dir.resolve("a").resolve("ledger.mv.db"), "this is no database");
    assertThatThrownBy(() -> open(config("a")))
        .isInstanceOf(MemoryStoreException.class)
        .hasMessageContaining("mneme memory recover");

    Transfer transfer = MemoryStore.recover(config("a"));

    assertThat(transfer.from()).isEqualTo("journal");
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      assertThat(memory.recall(MemoryQuery.of(ANN, "What is my dog called?", 1))).hasSize(1);
      assertThat(memory.signals(new Selection.Everything(), 0)).hasSize(1);
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void aDamagedJournalIsMadeAnewFromTheLedger() throws IOException {
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
    }
    Path segment = onlySegment();
    String text = Files.readString(segment);
    Files.writeString(segment, text.replaceFirst("Zanzibaria", "Zanzibarix"));
    assertThatThrownBy(() -> open(config("a")))
        .isInstanceOf(MemoryStoreException.class)
        .hasMessageContaining("checksum");

    assertThat(MemoryStore.recover(config("a")).from()).isEqualTo("ledger");
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      assertThat(memory.verify().problems()).isEmpty();
      assertThat(memory.recall(MemoryQuery.of(ANN, "Zanzibaria", 1))).hasSize(1);
    }
  }

  @Test
  void aTornLastLineIsCutOff() throws IOException {
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
    }
    Path segment = onlySegment();
    Files.writeString(segment, "{\"seq\":99,\"crc\":\"00", StandardOpenOption.APPEND);
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      memory.remember(user(ANN, 9, "Still here."));
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void aJournalThatLostItsEndIsCompletedFromTheLedger() throws IOException {
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
    }
    Path segment = onlySegment();
    List<String> lines = Files.readAllLines(segment);
    String last = lines.getLast();
    Files.writeString(
        segment,
        String.join("\n", lines.subList(0, lines.size() - 3))
            + "\n"
            + last.substring(0, last.length() / 2));
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      assertThat(memory.verify().problems()).isEmpty();
      memory.remember(user(ANN, 9, "Still here."));
      assertThat(memory.verify().problems()).isEmpty();
    }
    assertThat(Files.readAllLines(segment)).startsWith(lines.toArray(String[]::new));
    Files.delete(segment);
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      assertThat(memory.verify().problems()).isEmpty();
    }
    assertThat(Files.readAllLines(onlySegment())).startsWith(lines.toArray(String[]::new));
  }

  @Test
  void theAdviceForAJournalThatLostItsEndIsToOpenAgain() throws IOException {
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
      Path segment = onlySegment();
      List<String> lines = Files.readAllLines(segment);
      Files.write(segment, lines.subList(0, lines.size() - 3));
      Verification result = memory.verify();
      assertThat(result.ok()).isFalse();
      assertThat(result.problems())
          .singleElement()
          .asString()
          .startsWith(
              "changes " + (lines.size() - 2) + " to " + lines.size() + " are in the ledger")
          .contains("close and open the memory")
          .doesNotContain("recover");
    }
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void theAdviceForAJournalWithAHoleIsToRecoverWhichFillsItFromTheLedger() throws IOException {
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
    }
    List<String> lines = Files.readAllLines(onlySegment());
    List<String> holed = new ArrayList<>(lines);
    holed.subList(2, 5).clear();
    Files.write(onlySegment(), holed);
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      assertThat(memory.verify().problems())
          .singleElement()
          .asString()
          .isEqualTo(
              "changes 3 to 5 are in the ledger and not in the journal: run `mneme memory"
                  + " recover`");
    }

    Transfer transfer = MemoryStore.recover(config("a"));

    assertThat(transfer.from()).isEqualTo("ledger");
    assertThat(transfer.changes()).isEqualTo(lines.size());
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      assertThat(memory.verify().problems()).isEmpty();
      assertThat(memory.session(ANN).turns()).hasSize(3);
    }
    assertThat(Files.readAllLines(onlySegment())).isEqualTo(lines);
  }

  @Test
  void whatOnlyTheJournalHasAndWhatOnlyTheLedgerHasIsGathered() throws IOException {
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
    }
    Path ledger = dir.resolve("a").resolve("ledger.mv.db");
    byte[] early = Files.readAllBytes(ledger);
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      memory.remember(user(ANN, 9, "Said after the old ledger."));
    }
    List<String> lines = Files.readAllLines(onlySegment());
    List<String> holed = new ArrayList<>(lines);
    holed.set(1, "this is no entry");
    Files.write(onlySegment(), holed);
    Files.write(ledger, early);

    Transfer transfer = MemoryStore.recover(config("a"));

    assertThat(transfer.from()).isEqualTo("journal and ledger together");
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      assertThat(memory.verify().problems()).isEmpty();
      assertThat(memory.session(ANN).turns())
          .extracting(turn -> turn.message().content())
          .contains("A fine name.", "Said after the old ledger.");
      memory.erase("acme", "ann", List.of());
    }
    assertThat(Files.readAllLines(onlySegment())).hasSizeLessThan(lines.size());
    assertThat(filesHolding(dir.resolve("a"), "anzibaria"))
        .as("what the recovery put aside is erased, too")
        .isEmpty();
  }

  @Test
  void neitherLedgerNorJournalIsReplacedWhenBothAreDamaged() throws IOException {
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
    }
    Files.writeString(dir.resolve("a").resolve("ledger.mv.db"), "this is no database");
    String text = Files.readString(onlySegment()).replaceFirst("Zanzibaria", "Zanzibarix");
    Files.writeString(onlySegment(), text);
    assertThatThrownBy(() -> MemoryStore.recover(config("a")))
        .isInstanceOf(MemoryStoreException.class)
        .hasMessageContaining("1 damaged lines")
        .hasMessageContaining("restore a backup");
    assertThat(Files.readString(onlySegment())).isEqualTo(text);
  }

  private Path onlySegment() throws IOException {
    try (Stream<Path> files = Files.list(dir.resolve("a").resolve("journal"))) {
      return files.findFirst().orElseThrow();
    }
  }

  @Test
  void theIndexIsRebuiltFromTheLedger() {
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
      memory.rebuildIndex();
      assertThat(memory.recall(MemoryQuery.of(ANN, "dog", 1))).hasSize(1);
      assertThat(memory.verify().problems()).isEmpty();
    }
    Upkeep.dropIndex(dir.resolve("a"));
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      assertThat(memory.recall(MemoryQuery.of(ANN, "dog", 1))).hasSize(1);
    }
  }

  @Test
  void aBackupOpensAsTheSameMemory() {
    Path zip = dir.resolve("backup.zip");
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
      memory.backup(zip);
      memory.remember(user(ANN, 9, "After the backup."));
    }
    MemoryStore.restore(zip, dir.resolve("b"));
    try (MemoryStore memory = MemoryStore.open(config("b"))) {
      assertThat(memory.recall(MemoryQuery.of(ANN, "dog", 1))).hasSize(1);
      assertThat(memory.recall(MemoryQuery.of(ANN, "backup", 1))).isEmpty();
      assertThat(memory.verify().problems()).isEmpty();
    }
    assertThatThrownBy(() -> MemoryStore.restore(zip, dir.resolve("b")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not empty");
  }

  @Test
  void anEncryptedStoreHoldsNoPlainWords() throws IOException {
    MemoryStoreConfig sealed = config("a").withPassphrase("correct horse");
    try (MemoryStore memory = MemoryStore.open(sealed)) {
      fill(memory);
      memory.erase("acme", "bob", List.of());
    }
    assertThat(filesHolding(dir.resolve("a"), "zanzibaria")).isEmpty();
    assertThat(filesHolding(dir.resolve("a"), "monday")).isEmpty();
    assertThatThrownBy(() -> open(config("a").withPassphrase("wrong")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("wrong passphrase");
    assertThatThrownBy(() -> open(config("a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("encrypted");
    try (MemoryStore memory = MemoryStore.open(sealed)) {
      assertThat(memory.recall(MemoryQuery.of(ANN, "dog", 1))).hasSize(1);
      assertThat(memory.verify().problems()).isEmpty();
    }
  }

  @Test
  void statsCountWhatIsThere() {
    try (MemoryStore memory = MemoryStore.open(config("a"))) {
      fill(memory);
      memory.remember(user(ANN, 7, "I live in Quetzaltown."));
      MemoryStats stats = memory.stats(new Selection.Everything());
      assertThat(stats.turns()).isEqualTo(6);
      assertThat(stats.forgotten()).isEqualTo(1);
      assertThat(stats.duplicateRate()).isGreaterThan(0);
      assertThat(stats.facts()).containsEntry("CURRENT", 2L);
    }
  }

  private static void open(MemoryStoreConfig config) {
    try (MemoryStore memory = MemoryStore.open(config)) {
      memory.currentSequence();
    }
  }
}

package dev.mneme.dpo.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.testsupport.Seeded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointRegistryTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-03-01T10:00:00Z"));

  @TempDir Path dir;

  private CheckpointRegistry open() {
    return CheckpointRegistry.open(dir.resolve("models"), CLOCK);
  }

  private static CheckpointManifest register(
      CheckpointRegistry registry,
      String weights,
      @Nullable CheckpointManifest parent,
      List<String> users)
      throws IOException {
    Path folder = registry.newCandidateFolder();
    Files.writeString(folder.resolve("model.safetensors"), weights);
    Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"deepseek_v3\"}");
    return registry.register(
        folder,
        "m-" + weights,
        parent == null ? null : parent.id(),
        CheckpointManifest.Kind.CYCLE,
        Map.of("beta", 0.1),
        new DataProvenance(7, users, List.of("t1"), Map.of("p1", 1.5)));
  }

  @Test
  void aRegisteredCheckpointIsFoundByIdPrefixAndName() throws IOException {
    var registry = open();
    var manifest = register(registry, "one", null, List.of());
    assertThat(registry.find(manifest.id())).contains(manifest);
    assertThat(registry.find(manifest.id().substring(0, 6))).contains(manifest);
    assertThat(registry.find("m-one")).contains(manifest);
    assertThatThrownBy(() -> registry.require("nothing")).hasMessageContaining("m-one");
  }

  @Test
  void registeringNeverChangesWhatServes() throws IOException {
    var registry = open();
    var first = register(registry, "one", null, List.of());
    registry.promote(first, "first");
    register(registry, "two", first, List.of());
    assertThat(registry.active()).contains(first);
  }

  @Test
  void rollbackGoesToWhatServedBefore() throws IOException {
    var registry = open();
    var first = register(registry, "one", null, List.of());
    var second = register(registry, "two", first, List.of());
    registry.promote(first, "first");
    assertThatThrownBy(() -> registry.rollback("no")).hasMessageContaining("is the first");
    registry.promote(second, "better");
    assertThat(registry.rollback("worse after all")).isEqualTo(first);
    assertThat(open().active()).contains(first);
    assertThat(registry.journal().stream().map(RegistryEvent::what))
        .endsWith(RegistryEvent.What.PROMOTED, RegistryEvent.What.ROLLED_BACK);
  }

  @Test
  @Seeded
  void anyDamagedByteIsDetected(RandomGenerator random) throws IOException {
    var registry = open();
    var manifest = register(registry, "some weights of a model", null, List.of());
    Path folder = registry.folder(manifest);
    List<Path> files;
    try (Stream<Path> entries = Files.list(folder)) {
      files = entries.sorted().toList();
    }
    assertThat(files).hasSize(3);
    for (Path file : files) {
      byte[] good = Files.readAllBytes(file);
      for (int i = 0; i < 40; i++) {
        byte[] bad = good.clone();
        int at = random.nextInt(bad.length);
        bad[at] ^= (byte) (1 << random.nextInt(7));
        Files.write(file, bad);
        assertThatThrownBy(() -> registry.verify(manifest))
            .as("byte %d of %s", at, file.getFileName())
            .isInstanceOf(RegistryException.class);
      }
      Files.write(file, good);
      registry.verify(manifest);
    }
  }

  @Test
  void aDamagedCheckpointIsNotPromoted() throws IOException {
    var registry = open();
    var first = register(registry, "one", null, List.of());
    var second = register(registry, "two", first, List.of());
    registry.promote(first, "first");
    Files.writeString(registry.folder(second).resolve("model.safetensors"), "tw0");
    assertThatThrownBy(() -> registry.promote(second, "try"))
        .hasMessageContaining("model.safetensors")
        .hasMessageContaining("damaged");
    assertThat(registry.active()).contains(first);
  }

  @Test
  void leftoversOfACrashAreSweptAndTheJournalIsCompleted() throws IOException {
    var registry = open();
    var first = register(registry, "one", null, List.of());
    registry.promote(first, "first");
    Path journal = dir.resolve("models/journal.jsonl");
    List<String> lines = Files.readAllLines(journal);
    Files.write(journal, lines.subList(0, lines.size() - 1));
    Path doomed = dir.resolve("models/.tmp-0123456789ab");
    Files.createDirectories(doomed);
    Files.writeString(doomed.resolve("model.safetensors"), "half");
    var reopened = open();
    assertThat(doomed).doesNotExist();
    assertThat(reopened.active()).contains(first);
    assertThat(reopened.journal().getLast().what()).isEqualTo(RegistryEvent.What.PROMOTED);
  }

  /** An origin, what learned from Ann after it, and what learned from Bob after that. */
  private record Line(
      CheckpointManifest origin, CheckpointManifest learned, CheckpointManifest child) {
    static Line in(CheckpointRegistry registry) throws IOException {
      var origin = register(registry, "one", null, List.of());
      var learned = register(registry, "two", origin, List.of("local/ann"));
      return new Line(origin, learned, register(registry, "three", learned, List.of("local/bob")));
    }
  }

  @Test
  void erasingAUserFlagsDescendantsToo() throws IOException {
    var registry = open();
    var line = Line.in(registry);
    assertThat(registry.flagUser("local/ann", "erased on request"))
        .extracting(CheckpointManifest::id)
        .containsExactlyInAnyOrder(line.learned().id(), line.child().id());
    assertThat(registry.require(line.origin().id()).flags()).isEmpty();
    assertThat(registry.require(line.child().id()).flags()).containsKey("erased-user");
    registry.verify(registry.require(line.child().id()));
  }

  @Test
  void pruningKeepsWhatServesAndTheWayBack() throws IOException {
    var registry = open();
    var first = register(registry, "one", null, List.of());
    var second = register(registry, "two", first, List.of());
    var third = register(registry, "three", first, List.of());
    registry.promote(first, "first");
    registry.promote(third, "third");
    assertThat(registry.prune(0)).extracting(CheckpointManifest::id).containsExactly(second.id());
    assertThat(registry.rollback("back").id()).isEqualTo(first.id());
  }

  @Test
  void whatWasPrunedStaysInTheLine() throws IOException {
    var registry = open();
    var line = Line.in(registry);
    registry.promote(line.origin(), "first");
    registry.promote(line.child(), "better");
    assertThat(registry.prune(0))
        .extracting(CheckpointManifest::id)
        .containsExactly(line.learned().id());
    assertThat(registry.origin(line.child())).contains(line.origin());
    assertThat(registry.origin(line.origin())).contains(line.origin());
    assertThat(registry.flagUser("local/ann", "erased on request"))
        .extracting(CheckpointManifest::id)
        .containsExactly(line.child().id());
    Files.delete(dir.resolve("models/pruned").resolve(line.learned().id() + ".json"));
    assertThat(registry.origin(line.child())).as("of a broken line").isEmpty();
  }

  @Test
  void manifestsFromBeforeRepliesWereRecordedStillHold() throws IOException {
    var registry = open();
    var manifest = register(registry, "one", null, List.of());
    assertThat(registry.folder(manifest).resolve("mneme.json")).content().doesNotContain("replies");
    registry.verify(manifest);
  }

  @Test
  void theSameContentIsOneCheckpoint() throws IOException {
    var registry = open();
    var once = register(registry, "one", null, List.of());
    assertThat(register(registry, "one", null, List.of())).isEqualTo(once);
    assertThat(registry.list()).hasSize(1);
  }
}

package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.cli.config.PreferenceSettings;
import dev.mneme.cli.preferences.LearntPreferences;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.dpo.registry.DataProvenance;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.MemoryStoreConfig;
import dev.mneme.preference.formats.PreferenceFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class MemoryCommandTest {
  private static final Instant START = Instant.parse("2026-03-01T09:00:00Z");
  private static final InstantSource CLOCK = InstantSource.fixed(START.plusSeconds(86_400));

  @TempDir Path dir;
  private final Commands mneme = Commands.at(() -> dir);

  /** A correction, from which one preference pair is extracted. */
  private static void correct(MemoryStore memory, String user, String headline) {
    Scope scope = new Scope("local", user, "mneme", "s");
    memory.remember(
        new Turn(
            user + "/0",
            scope,
            0,
            "user",
            Message.user("Write a headline about the harbour of " + user),
            START,
            null,
            null),
        new Turn(
            user + "/1",
            scope,
            1,
            "assistant",
            Message.assistant("News about a harbour somewhere"),
            START.plusSeconds(60),
            user + "/0",
            null));
    memory.recordSignal(scope, new Signal.Fix(user + "/1", START.plusSeconds(90), headline));
  }

  private static CheckpointManifest checkpoint(CheckpointRegistry registry, String user)
      throws IOException {
    Path folder = registry.newCandidateFolder();
    Files.writeString(folder.resolve("model.safetensors"), user);
    Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"deepseek_v3\"}");
    return registry.register(
        folder,
        "from-" + user,
        null,
        CheckpointManifest.Kind.CYCLE,
        Map.of(),
        new DataProvenance(3, List.of("local/" + user), List.of(user + "/0"), Map.of()));
  }

  private List<Path> filesHolding(String word) throws IOException {
    try (Stream<Path> files = Files.walk(dir)) {
      return files
          .filter(Files::isRegularFile)
          .filter(
              file -> {
                try {
                  return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                      .contains(word);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              })
          .toList();
    }
  }

  @Test
  void anErasureReachesEveryFileAndNamesTheCheckpoints() throws IOException {
    var learnt =
        new LearntPreferences(
            new Home(dir), PreferenceSettings.defaults().extractor("local"), CLOCK);
    Path exported = dir.resolve("exported.jsonl");
    try (MemoryStore memory =
        MemoryStore.open(MemoryStoreConfig.at(dir.resolve("memory"), CLOCK))) {
      correct(memory, "kim", "Zanzibaria opens early this year");
      correct(memory, "sam", "Quetzaltown opens early this year");
      var lines = new ArrayList<String>();
      learnt.run(
          memory,
          LearntPreferences.Window.ALL,
          each -> {
            if (each instanceof dev.mneme.preference.Extraction.Pair pair) {
              lines.addAll(PreferenceFormat.MNEME.lines(pair.pair()));
            }
          });
      assertThat(lines).hasSize(2);
      Files.write(exported, lines);
    }
    assertThat(learnt.importFile(exported, PreferenceFormat.MNEME).accepted()).isEqualTo(2);
    Files.delete(exported);
    CheckpointManifest tainted;
    CheckpointManifest clean;
    var registry = CheckpointRegistry.open(dir.resolve("models"), CLOCK);
    tainted = checkpoint(registry, "kim");
    clean = checkpoint(registry, "sam");
    Files.writeString(dir.resolve("chat_history"), "my Zanzibaria\n");
    Files.writeString(dir.resolve("graph.jsonl"), "{\"name\":\"Zanzibaria\"}\n");
    assertThat(filesHolding("Zanzibaria")).hasSizeGreaterThanOrEqualTo(5);

    assertThat(
            mneme.run(
                "--set", "scope.user=kim", "memory", "erase", "--user", "kim", "--yes", "--json"))
        .as(mneme.err())
        .isEqualTo(ExitCodes.OK);

    assertThat(filesHolding("Zanzibaria")).isEmpty();
    assertThat(filesHolding("Quetzaltown")).isNotEmpty();
    JsonNode receipt = Json.mapper().readTree(mneme.out());
    assertThat(receipt.at("/turns").asInt()).isEqualTo(2);
    assertThat(receipt.at("/elsewhere/preference files").asInt()).isEqualTo(2);
    assertThat(receipt.at("/elsewhere/input history").asInt()).isEqualTo(1);
    assertThat(receipt.at("/elsewhere/knowledge graph").asInt()).isEqualTo(1);
    assertThat(receipt.at("/checkpoints").toString())
        .contains(tainted.id())
        .doesNotContain(clean.id());
    receipt.at("/left").forEach(left -> assertThat(left.asLong()).isZero());
    assertThat(receipt.at("/left").size()).isEqualTo(7);
    registry = CheckpointRegistry.open(dir.resolve("models"), CLOCK);
    assertThat(registry.require(tainted.id()).flags()).containsKey("erased-user");
    assertThat(registry.require(clean.id()).flags()).isEmpty();
    assertThat(mneme.run("memory", "erase", "--user", "kim", "--yes")).isEqualTo(ExitCodes.OK);
  }

  @Test
  void aPassphraseEncryptsTheMemoryAndIsNeverOnTheCommandLine() throws IOException {
    Path key = Files.writeString(dir.resolve("key"), "correct horse\n");
    Path other = Files.writeString(dir.resolve("other"), "battery staple\n");
    String right = "memory.passphrase=file:" + key;
    assertThat(mneme.run("--set", right, "memory", "add", "My dog is called Zanzibaria."))
        .as(mneme.err())
        .isEqualTo(ExitCodes.OK);
    assertThat(mneme.run("--set", right, "memory", "search", "dog")).isEqualTo(ExitCodes.OK);
    assertThat(mneme.out()).contains("Zanzibaria");
    assertThat(filesHolding("Zanzibaria")).isEmpty();

    assertThat(mneme.run("--set", "memory.passphrase=file:" + other, "memory", "search", "dog"))
        .isEqualTo(ExitCodes.USAGE);
    assertThat(mneme.err()).contains("wrong passphrase").doesNotContain("\tat ");
    assertThat(mneme.run("memory", "search", "dog")).isEqualTo(ExitCodes.USAGE);
    assertThat(mneme.err()).contains("encrypted").contains("env:NAME");
    assertThat(mneme.run("--set", "memory.passphrase=correct horse", "memory", "stats"))
        .isEqualTo(ExitCodes.USAGE);
    assertThat(mneme.err()).contains("must say where it is").doesNotContain("horse");
    assertThat(mneme.run("--set", "memory.passphrase=env:NO_SUCH_NAME_HERE", "memory", "stats"))
        .isEqualTo(ExitCodes.USAGE);
    assertThat(mneme.err()).contains("NO_SUCH_NAME_HERE");
  }
}

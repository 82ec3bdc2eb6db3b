package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.cli.config.MnemeConfig;
import dev.mneme.cli.models.ChatModels;
import dev.mneme.cli.models.ModelEmbedder;
import dev.mneme.data.Json;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.dpo.registry.DataProvenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code memory.embedder}: the bundled language model gives the memory's vectors. */
class MemoryEmbedderTest {
  @TempDir Path dir;
  private final Commands mneme = Commands.at(() -> dir.resolve("home"));
  private CheckpointRegistry registry;
  private CheckpointManifest first;

  @BeforeEach
  void installTheBundledCheckpoint() {
    registry = Commands.withBundledCheckpoint(dir.resolve("home"));
    first = registry.active().orElseThrow();
  }

  private JsonNode search(String... settings) {
    var args = new ArrayList<>(List.of(settings));
    args.addAll(List.of("memory", "search", "--json", "Where does the dog sleep?"));
    assertThat(mneme.run(args.toArray(String[]::new))).as(mneme.err()).isEqualTo(ExitCodes.OK);
    return Json.mapper().readTree(mneme.out());
  }

  /** Another checkpoint: the same weights in a folder with other bytes. */
  private CheckpointManifest second() throws IOException {
    Path folder = registry.newCandidateFolder();
    try (Stream<Path> files = Files.list(registry.folder(first))) {
      for (Path each : files.filter(f -> !f.endsWith("mneme.json")).toList()) {
        Files.copy(each, folder.resolve(each.getFileName()));
      }
    }
    Files.writeString(folder.resolve("config.json"), "\n", StandardOpenOption.APPEND);
    return registry.register(
        folder, "second", first.id(), CheckpointManifest.Kind.CYCLE, Map.of(), DataProvenance.NONE);
  }

  @Test
  void theModelsOwnStatesJoinTheWordsAndANewModelTakesOver() throws IOException {
    String embedder = "memory.embedder=" + first.id();
    for (String said : List.of("The dog sleeps in the kitchen.", "Bread needs flour and water.")) {
      assertThat(mneme.run("--set", embedder, "memory", "add", said)).isEqualTo(ExitCodes.OK);
    }
    assertThat(mneme.run("--set", embedder, "memory", "rebuild-index")).isEqualTo(ExitCodes.OK);

    JsonNode both = search("--set", embedder);
    assertThat(both.get(0).at("/text").asString()).contains("kitchen");
    double meaning = 0;
    for (JsonNode each : both) {
      meaning += each.at("/breakdown/meaning").asDouble(0);
    }
    assertThat(meaning).as("of all that was found; the farthest has none").isPositive();
    assertThat(both.get(0).at("/breakdown/words").asDouble()).isPositive();
    assertThat(search().get(0).at("/breakdown").has("meaning")).as("off by default").isFalse();

    String other = "memory.embedder=" + second().id();
    assertThat(search("--set", other).get(0).at("/breakdown").has("meaning"))
        .as("at once, by the vectors of the former model")
        .isTrue();
    assertThat(mneme.run("--set", other, "memory", "rebuild-index")).isEqualTo(ExitCodes.OK);
    assertThat(search("--set", other).get(0).at("/breakdown").has("meaning")).isTrue();
    assertThat(mneme.run("--set", other, "memory", "verify"))
        .as(mneme.out())
        .isEqualTo(ExitCodes.OK);
  }

  @Test
  void aFormerEmbedderIsFoundAmongTheCheckpointsByItsId() throws IOException {
    CheckpointManifest other = second();
    var models =
        new ChatModels(
            MnemeConfig.defaults().model(), () -> registry, Map.of(), InstantSource.system());
    String firstId;
    try (ModelEmbedder embedder = models.embedder(first.id())) {
      firstId = embedder.id();
    }
    try (ModelEmbedder found = models.embedderOfBefore(firstId);
        ModelEmbedder second = models.embedder(other.id())) {
      assertThat(found).isNotNull();
      assertThat(found.id()).isEqualTo(firstId).isNotEqualTo(second.id());
      assertThat(found.embed("The dog sleeps.")).hasSize(found.dimensions());
    }
    assertThat(models.embedderOfBefore("moee-1:000000000000")).isNull();
  }
}

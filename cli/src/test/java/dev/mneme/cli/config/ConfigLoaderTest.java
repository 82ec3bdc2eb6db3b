package dev.mneme.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
  @TempDir Path dir;

  private Path file(String yaml) throws IOException {
    return Files.writeString(dir.resolve("mneme.yaml"), yaml);
  }

  @Test
  void withoutAFileEverythingIsTheDefault() {
    var resolved = ConfigLoader.load(dir.resolve("absent.yaml"), List.of());
    assertThat(resolved.config()).isEqualTo(MnemeConfig.defaults());
    assertThat(resolved.origins().values()).containsOnly("default");
  }

  @Test
  void aPartialFileChangesOnlyWhatItNames() throws IOException {
    var resolved = ConfigLoader.load(file("chat:\n  temperature: 0\n"), List.of());
    assertThat(resolved.config().chat().temperature()).isZero();
    assertThat(resolved.config().chat().maxTokens())
        .isEqualTo(MnemeConfig.defaults().chat().maxTokens());
    assertThat(resolved.origins())
        .containsEntry("chat.temperature", dir.resolve("mneme.yaml").toString())
        .containsEntry("chat.topP", "default");
  }

  @Test
  void settingsWinOverTheFile() throws IOException {
    var resolved =
        ConfigLoader.load(
            file("chat:\n  maxTokens: 10\n"), List.of("chat.maxTokens=20", "scope.user=ann"));
    assertThat(resolved.config().chat().maxTokens()).isEqualTo(20);
    assertThat(resolved.config().scope().user()).isEqualTo("ann");
    assertThat(resolved.origins()).containsEntry("chat.maxTokens", "--set");
  }

  @Test
  void everyKeyCanBeSet() {
    var resolved = ConfigLoader.load(dir.resolve("absent.yaml"), List.of());
    for (String path : resolved.origins().keySet()) {
      Object value = resolved.tree().at("/" + path.replace('.', '/'));
      var again = ConfigLoader.load(dir.resolve("absent.yaml"), List.of(path + "=" + value));
      assertThat(again.config()).as(path).isEqualTo(resolved.config());
      assertThat(again.origins()).containsEntry(path, "--set");
    }
  }

  @Test
  void aMisspeltKeyIsNamedWithItsPathAndItsNeighbours() throws IOException {
    Path file = file("chat:\n  temprature: 0\n");
    assertThatThrownBy(() -> ConfigLoader.load(file, List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("mneme.yaml")
        .hasMessageContaining("chat.temprature")
        .hasMessageContaining("temperature");
  }

  @Test
  void aBadValueIsExplained() throws IOException {
    Path file = file("model:\n  precision: fp4\n");
    assertThatThrownBy(() -> ConfigLoader.load(file, List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("model")
        .hasMessageContaining("precision must be f32, bf16 or int8, got fp4");
  }

  @Test
  void brokenYamlIsNotATrace() throws IOException {
    Path file = file("chat: [\n");
    assertThatThrownBy(() -> ConfigLoader.load(file, List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("not YAML");
  }

  @Test
  void aKeyNeverStandsInAFile() throws IOException {
    Path file =
        file(
            "model:\n  endpoint: {baseUrl: 'http://localhost/v1', model: m, apiKey: sk-123,"
                + " contextTokens: 4096}\n");
    assertThatThrownBy(() -> ConfigLoader.load(file, List.of()))
        .hasMessageContaining("env:NAME")
        .hasMessageNotContaining("sk-123");
  }
}

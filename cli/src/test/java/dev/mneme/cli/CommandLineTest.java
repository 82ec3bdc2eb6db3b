package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandLineTest {
  @TempDir Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  @Test
  void helpListsCommandsAndExitCodes() {
    assertThat(run("--help")).isEqualTo(ExitCodes.OK);
    assertThat(out.toString()).contains("chat", "memory", "evolve", "doctor", "Exit codes:");
  }

  @Test
  void everyCommandHasHelpWithADescription() {
    Main.commandLine()
        .getSubcommands()
        .forEach(
            (name, command) ->
                assertThat(command.getCommandSpec().usageMessage().description())
                    .as(name)
                    .isNotEmpty());
  }

  @Test
  void anUnknownCommandIsASentenceAndExitCodeTwo() {
    assertThat(run("chatt")).isEqualTo(ExitCodes.USAGE);
    assertThat(err.toString()).contains("chatt").contains("Did you mean").doesNotContain("\tat ");
  }

  @Test
  void aCorruptConfigurationIsASentence() throws IOException {
    Files.writeString(dir.resolve("mneme.yaml"), "chat: 7\n");
    assertThat(run("--home", dir.toString(), "config", "show")).isEqualTo(ExitCodes.USAGE);
    assertThat(err.toString()).startsWith("mneme: ").contains("mneme.yaml").doesNotContain("\tat ");
  }

  @Test
  void verboseShowsTheTrace() throws IOException {
    Files.writeString(dir.resolve("mneme.yaml"), "chat: 7\n");
    run("--home", dir.toString(), "--verbose", "config", "show");
    assertThat(err.toString()).contains("\tat dev.mneme");
  }

  @Test
  void aHomeThatIsAFileIsASentence() throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "x");
    assertThat(run("--home", file.toString(), "models", "list")).isEqualTo(ExitCodes.USAGE);
    assertThat(err.toString()).contains("is not a directory").doesNotContain("\tat ");
  }

  @Test
  void theDataDirectoryIsForItsOwnerOnly() throws IOException {
    Path home = dir.resolve("new/home");
    new Home(home).create();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home)))
        .isEqualTo("rwx------");
  }

  @Test
  void theOptionWinsOverTheEnvironment() {
    Map<String, String> environment = Map.of("MNEME_HOME", "/from/environment");
    assertThat(Home.resolve(Path.of("/from/option"), environment).dir())
        .isEqualTo(Path.of("/from/option"));
    assertThat(Home.resolve(null, environment).dir()).isEqualTo(Path.of("/from/environment"));
    assertThat(Home.resolve(null, Map.of()).dir().getFileName()).hasToString(".mneme");
  }
}

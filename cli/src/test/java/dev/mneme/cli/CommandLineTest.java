package dev.mneme.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CommandLineTest {
  @TempDir Path dir;
  private final Commands mneme = Commands.plain();

  @Test
  void helpListsCommandsAndExitCodes() {
    assertThat(mneme.run("--help")).isEqualTo(ExitCodes.OK);
    assertThat(mneme.out()).contains("chat", "memory", "evolve", "doctor", "Exit codes:");
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
  void aCommandIsTheSameWhenItIsDescribedAlone() {
    Main.commandLine()
        .getSubcommands()
        .forEach(
            (name, command) -> {
              var alone = Main.commandLineFor(name, "--help");
              assertThat(alone.getSubcommands()).containsOnlyKeys(name);
              assertSame(command, requireNonNull(alone.getSubcommands().get(name)));
            });
    assertThat(Main.commandLineFor("--home", "x", "chat").getSubcommands()).hasSizeGreaterThan(9);
    assertThat(Main.commandLineFor().getSubcommands()).hasSizeGreaterThan(9);
  }

  private static void assertSame(CommandLine one, CommandLine other) {
    assertThat(other.getUsageMessage()).isEqualTo(one.getUsageMessage());
    one.getSubcommands()
        .forEach(
            (name, below) -> assertSame(below, requireNonNull(other.getSubcommands().get(name))));
  }

  @Test
  void anUnknownCommandIsASentenceAndExitCodeTwo() {
    assertThat(mneme.run("chatt")).isEqualTo(ExitCodes.USAGE);
    assertThat(mneme.err()).contains("chatt").contains("Did you mean").doesNotContain("\tat ");
  }

  @Test
  void aCorruptConfigurationIsASentence() throws IOException {
    Files.writeString(dir.resolve("mneme.yaml"), "chat: 7\n");
    assertThat(mneme.run("--home", dir.toString(), "config", "show")).isEqualTo(ExitCodes.USAGE);
    assertThat(mneme.err()).startsWith("mneme: ").contains("mneme.yaml").doesNotContain("\tat ");
  }

  @Test
  void verboseShowsTheTrace() throws IOException {
    Files.writeString(dir.resolve("mneme.yaml"), "chat: 7\n");
    mneme.run("--home", dir.toString(), "--verbose", "config", "show");
    assertThat(mneme.err()).contains("\tat dev.mneme");
  }

  @Test
  void aHomeThatIsAFileIsASentence() throws IOException {
    Path file = Files.writeString(dir.resolve("file"), "x");
    assertThat(mneme.run("--home", file.toString(), "models", "list")).isEqualTo(ExitCodes.USAGE);
    assertThat(mneme.err()).contains("is not a directory").doesNotContain("\tat ");
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

package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.JsonLines;
import dev.mneme.data.TrainingExample;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CurriculumCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    return commandLine.execute(args);
  }

  @Test
  void samplesAreReadable() {
    assertThat(run("curriculum", "sample", "--skill", "memory/conflict", "--n", "2", "--held-out"))
        .isZero();
    assertThat(out.toString())
        .contains("== memory/conflict", "<memory>", "[user]", "[assistant]", "expect exact");
  }

  @Test
  void anUnknownSkillIsNamedWithTheKnownOnes() {
    assertThat(run("curriculum", "sample", "--skill", "cooking")).isEqualTo(ExitCodes.USAGE);
    assertThat(err.toString()).contains("cooking").contains("memory/conflict");
  }

  @Test
  void exportWritesExamplesThatAreReadBack(@TempDir Path folder) {
    Path file = folder.resolve("c.jsonl");
    assertThat(run("curriculum", "export", file.toString(), "--n", "40", "--json")).isZero();
    assertThat(JsonLines.readAll(file, TrainingExample.class)).hasSize(40);
    assertThat(out.toString()).contains("\"examples\" : 40");
  }

  @Test
  void statsCountFacts() {
    assertThat(run("curriculum", "stats", "--json")).isZero();
    assertThat(out.toString()).contains("\"facts\"", "\"name\"");
  }
}

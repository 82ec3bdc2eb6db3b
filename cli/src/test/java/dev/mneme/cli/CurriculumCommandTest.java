package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.JsonLines;
import dev.mneme.data.TrainingExample;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurriculumCommandTest {
  @TempDir Path dir;
  private final Commands mneme = Commands.at(() -> dir.resolve("home"));

  @Test
  void samplesAreReadable() {
    assertThat(
            mneme.run(
                "curriculum", "sample", "--skill", "memory/conflict", "--n", "2", "--held-out"))
        .isZero();
    assertThat(mneme.out())
        .contains("== memory/conflict", "<memory>", "[user]", "[assistant]", "expect exact");
  }

  @Test
  void anUnknownSkillIsNamedWithTheKnownOnes() {
    assertThat(mneme.run("curriculum", "sample", "--skill", "cooking")).isEqualTo(ExitCodes.USAGE);
    assertThat(mneme.err()).contains("cooking").contains("memory/conflict");
  }

  @Test
  void exportWritesExamplesThatAreReadBack() {
    Path file = dir.resolve("c.jsonl");
    assertThat(mneme.run("curriculum", "export", file.toString(), "--n", "40", "--json")).isZero();
    assertThat(JsonLines.readAll(file, TrainingExample.class)).hasSize(40);
    assertThat(mneme.out()).contains("\"examples\" : 40");
  }

  @Test
  void statsCountFacts() {
    assertThat(mneme.run("curriculum", "stats", "--json")).isZero();
    assertThat(mneme.out()).contains("\"facts\"", "\"name\"");
  }
}

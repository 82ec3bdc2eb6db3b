package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A simulation in a process of its own, killed as power cuts kill: without a word. */
@Timeout(900)
final class SimulateKillTest {
  private static final int STEPS = 80;

  @TempDir Path dir;

  private Process start(String out) throws IOException {
    Path script = dir.resolve("script.yaml");
    // Rules, not a list of replies: the same question has to get the same answer after a restart.
    Files.writeString(
        script,
        "rules:\n"
            + "  - {when: \"(?i)dog\", reply: \"Rex! Rex is the dog, and I could go on about"
            + " it.\"}\n"
            + "  - {when: \".\", reply: \"I see.\"}\n");
    return MnemeProcess.start(
        said(out),
        List.of("-XX:TieredStopAtLevel=1", "-Xmx256m"),
        List.of(
            "--home",
            dir.resolve("home").toString(),
            "simulate",
            "household-assistant",
            "--model",
            "scripted:" + script,
            "--agents=1",
            "--steps=" + STEPS,
            "--checkpoint-every=2",
            "--out",
            dir.resolve(out).toString()));
  }

  private Path said(String out) {
    return dir.resolve(out + ".txt");
  }

  private byte[] finished(String out) throws Exception {
    MnemeProcess.awaitSuccess(start(out), 300, said(out));
    return Files.readAllBytes(dir.resolve(out).resolve("events.jsonl"));
  }

  @Test
  void aRunThatWasKilledEndsWithTheLogOfOneThatWasNot() throws Exception {
    byte[] whole = finished("whole");
    Path log = dir.resolve("killed").resolve("events.jsonl");
    Process process = start("killed");
    while (process.isAlive() && (!Files.exists(log) || Files.size(log) < whole.length / 4)) {
      Thread.sleep(1);
    }
    process.destroyForcibly().waitFor();
    assertThat(Files.size(log)).isPositive();
    assertThat(finished("killed")).isEqualTo(whole);
    assertThat(dir.resolve("killed").resolve("report.html")).exists();
  }
}

package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
    Path root = Path.of(System.getProperty("mneme.root"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + root.resolve("jvm.options"),
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.mneme.cli.Main",
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
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(dir.resolve(out + ".txt").toFile())
        .start();
  }

  private byte[] finished(String out) throws Exception {
    Process process = start(out);
    assertThat(process.waitFor(300, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(dir.resolve(out + ".txt"))).isZero();
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

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

/**
 * An experiment in a process of its own, killed while people speak and while weights are trained.
 */
@Timeout(900)
final class ExperimentKillTest {
  @TempDir Path dir;

  private Process start(String out) throws IOException {
    Path root = Path.of(System.getProperty("mneme.root"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + root.resolve("jvm.options"),
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.mneme.cli.Main",
                "--home",
                dir.resolve("home").toString(),
                "--set",
                "evolution.minPairs=1",
                "--set",
                "evolution.heldOutFraction=0.4",
                "--set",
                "gate.enabled=false",
                "--set",
                "training.epochs=1",
                "--set",
                "training.replayFraction=0",
                "--set",
                "model.threads=1",
                "experiment",
                "robustness",
                "--arms=frozen,20-neither",
                "--seeds=1",
                "--generations=1",
                "--agents=5",
                "--steps=8",
                "--newcomers=2",
                "--questions=3",
                "--no-grade",
                "--out",
                dir.resolve(out).toString()));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(dir.resolve(out + ".txt").toFile())
        .start();
  }

  private String finished(String out) throws Exception {
    Process process = start(out);
    assertThat(process.waitFor(600, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(dir.resolve(out + ".txt"))).isZero();
    return Files.readString(dir.resolve(out).resolve("results.jsonl"));
  }

  /** Killed as soon as this file or folder is there; false when it was finished before. */
  private boolean killedAt(String out, String there) throws Exception {
    Path seen = dir.resolve(out).resolve(there);
    Process process = start(out);
    while (process.isAlive() && !Files.exists(seen)) {
      Thread.sleep(1);
    }
    boolean killed = process.isAlive();
    process.destroyForcibly().waitFor();
    return killed;
  }

  @Test
  void anExperimentThatWasKilledFindsWhatOneFindsThatWasNot() throws Exception {
    Commands.assumeBundledCheckpoint();
    String whole = finished("whole");
    String trial = "seed-1/20-neither/";
    assertThat(killedAt("killed", trial + "home/runs")).isTrue();
    assertThat(killedAt("killed", trial + "measured-1.jsonl")).isTrue();
    assertThat(finished("killed")).isEqualTo(whole);
    assertThat(whole.lines()).hasSize(4).last().asString().contains("\"promoted\":true");
  }
}

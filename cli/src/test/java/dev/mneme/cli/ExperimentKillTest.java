package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--home", dir.resolve("home").toString()));
    arguments.addAll(Commands.SMALL_CYCLES);
    arguments.addAll(
        List.of(
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
    return MnemeProcess.start(said(out), List.of("-Xmx1g"), arguments);
  }

  private Path said(String out) {
    return dir.resolve(out + ".txt");
  }

  private String finished(String out) throws Exception {
    MnemeProcess.awaitSuccess(start(out), 600, said(out));
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

package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every experiment from end to end on the shipped starter, as small as it can be. */
@Timeout(900)
final class ExperimentCommandTest {
  @TempDir Path dir;
  private final Commands mneme = Commands.at(() -> dir.resolve("home"));

  private void run(String... arguments) {
    Commands.assumeBundledCheckpoint();
    List<String> all =
        new ArrayList<>(
            List.of(
                "--set",
                "evolution.minPairs=1",
                "--set",
                "gate.enabled=false",
                "--set",
                "model.threads=1",
                "experiment"));
    all.addAll(List.of(arguments));
    all.addAll(
        List.of(
            "--seeds=1",
            "--generations=1",
            "--agents=3",
            "--steps=4",
            "--newcomers=2",
            "--no-grade",
            "--out",
            dir.resolve("out").toString()));
    assertThat(mneme.run(all.toArray(String[]::new))).as(mneme.err()).isEqualTo(ExitCodes.OK);
  }

  private String summary() throws Exception {
    return Files.readString(dir.resolve("out").resolve("summary.md"));
  }

  @Test
  void theClosedLoopRunsFromEndToEndAndGoesOnWhereItEnded() throws Exception {
    run("closed-loop", "--questions=3");
    assertThat(summary()).contains("closed loop against frozen", "memory only", "supervised only");
    Path results = dir.resolve("out").resolve("results.jsonl");
    String before = Files.readString(results);
    assertThat(before.lines()).hasSize(8);
    // What was measured is thrown away and measured again from the logs: the same to the letter.
    Files.delete(dir.resolve("out/seed-1/frozen/points.jsonl"));
    run("closed-loop", "--questions=3");
    assertThat(Files.readString(results)).isEqualTo(before);
  }

  @Test
  void weightingRunsFromEndToEnd() throws Exception {
    run("weighting", "--drift", "--questions=3");
    assertThat(summary()).contains("After the change of mind", "| intensity |");
  }

  @Test
  void populationRunsFromEndToEndAndLeaksNothing() throws Exception {
    run("population", "--questions=14");
    assertThat(summary()).contains("sharing against not sharing").contains("| sharing | 0 |");
    assertThat(Files.readString(dir.resolve("out").resolve("results.jsonl")))
        .contains("\"leaks\":0");
  }

  @Test
  void aSeedIsAddedToWhatWasFoundBefore() throws Exception {
    run("population", "--questions=14", "--arms=sharing");
    String first = Files.readString(dir.resolve("out").resolve("results.jsonl"));
    run("population", "--questions=14", "--arms=sharing", "--first-seed=3");
    assertThat(summary()).contains("Seeds 1, 3; ", "2 of 4 trials are finished");
    assertThat(Files.readString(dir.resolve("out").resolve("results.jsonl")))
        .startsWith(first)
        .contains("\"seed\":3");
  }

  @Test
  void robustnessRunsFromEndToEnd() throws Exception {
    // The guard is asked for in ExperimentTest; here one arm without it, for the time it takes.
    run("robustness", "--questions=3", "--arms=frozen,20-neither");
    assertThat(summary())
        .contains("2 of 13 trials are finished", "20 %, neither against frozen")
        .contains("preferences.censor=false");
    assertThat(dir.resolve("out/satisfaction-20.svg")).exists();
  }
}

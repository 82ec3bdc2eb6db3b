package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.agent.sim.SimEvent;
import dev.mneme.data.JsonLines;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One seed, one log: the shipped starter, batches and prefix cache and all, on any number of
 * threads and with any number of agents waiting for it at once.
 */
@Timeout(600)
final class SimulateSeedTest {
  @TempDir Path dir;
  private final Commands mneme = Commands.at(() -> dir.resolve("home"));

  private byte[] log(String out, int threads, int together, String... more) throws Exception {
    List<String> all = new ArrayList<>(Commands.SMALL_CYCLES);
    all.addAll(
        List.of(
            "--set",
            "model.threads=" + threads,
            "simulate",
            "household-assistant",
            "--concurrency=" + together,
            "--no-grade",
            "--out",
            dir.resolve(out).toString()));
    all.addAll(List.of(more));
    assertThat(mneme.run(all.toArray(String[]::new))).as(mneme.err()).isEqualTo(ExitCodes.OK);
    return Files.readAllBytes(dir.resolve(out).resolve("events.jsonl"));
  }

  @Test
  void aSeedDecidesTheLogOnAnyNumberOfThreadsAndInAnyBatch() throws Exception {
    Commands.assumeBundledCheckpoint();
    String[] size = {"--agents=5", "--steps=6", "--checkpoint-every=3"};
    byte[] one = log("one", 1, 1, size);
    assertThat(log("two", 2, 5, size)).isEqualTo(one);
    assertThat(log("four", 4, 3, size)).isEqualTo(one);
  }

  @Test
  void aCycleInsideARunIsDecidedByTheSeedToo() throws Exception {
    Commands.assumeBundledCheckpoint();
    String[] size = {"--agents=5", "--steps=9", "--evolve-every=8"};
    byte[] one = log("one", 1, 1, size);
    assertThat(log("two", 2, 3, size)).isEqualTo(one);
    assertThat(JsonLines.readAll(dir.resolve("one/events.jsonl"), SimEvent.class))
        .filteredOn(SimEvent.Evolved.class::isInstance)
        .singleElement()
        .extracting(each -> ((SimEvent.Evolved) each).promoted())
        .isEqualTo(true);
  }
}

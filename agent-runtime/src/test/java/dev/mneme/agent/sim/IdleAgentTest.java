package dev.mneme.agent.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.agent.ScriptedChatModel;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an agent takes while nobody speaks with it. */
final class IdleAgentTest {
  private static final int STEPS = 3;

  /** The bar is 64 KiB besides what it remembers; this counts what it remembers, too. */
  private static final long MOST_BYTES = 64 * 1024;

  /** Kept by the test, as a simulation keeps them. */
  private final List<Cell> cells = new ArrayList<>();

  private void spoken(int many) {
    var model = ScriptedChatModel.answering("m", 4096, request -> Message.assistant("I see."));
    var totals = new Totals();
    var collective = new CollectiveMemory();
    Scenario scenario = Scenario.load("household-assistant");
    for (int i = 0; i < many; i++) {
      var cell =
          new Cell(
              cells.size(),
              scenario,
              1,
              model,
              Sampling.chat(0, 64),
              collective,
              Surroundings.NONE,
              totals);
      for (int step = 0; step < STEPS; step++) {
        cell.step(step);
      }
      cell.drain(); // in the log by now
      cells.add(cell);
    }
  }

  private static long usedBytes() throws InterruptedException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      Thread.sleep(20);
      Runtime runtime = Runtime.getRuntime();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }

  @Test
  void anIdleAgentTakesLessThanSixtyFourKilobytes() throws Exception {
    spoken(50); // what all agents share is loaded by now
    long before = usedBytes();
    spoken(450);
    long each = (usedBytes() - before) / 450;
    assertThat(each).as("bytes an idle agent holds").isBetween(1L, MOST_BYTES);
    assertThat(cells).hasSize(500);
  }
}

package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.cli.config.MnemeConfig;
import dev.mneme.ltm.MemoryStoreException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkbenchTest {
  @TempDir Path dir;

  private Workbench bench() {
    return Workbench.at(
        new Home(dir.resolve("home")), MnemeConfig.defaults(), InstantSource.system());
  }

  @Test
  void aMemoryThatSomebodyHoldsForAMomentIsWaitedFor() throws Exception {
    var late =
        new FutureTask<>(
            () -> {
              try (Workbench second = bench()) {
                return second.store().currentSequence();
              }
            });
    var thread = new Thread(late, "second");
    try (Workbench first = bench()) {
      first.store();
      thread.start();
      // Either it was refused, or it is waiting.
      while (!late.isDone() && thread.getState() != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
      }
    }
    assertThat(late.get()).isZero();
  }

  @Test
  void aMemoryThatSomebodyKeepsIsNotWaitedForForEver() {
    try (Workbench first = bench();
        Workbench second = bench()) {
      first.store();
      assertThatThrownBy(second::store)
          .isInstanceOf(MemoryStoreException.InUse.class)
          .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
    }
  }
}

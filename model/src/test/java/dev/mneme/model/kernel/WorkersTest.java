package dev.mneme.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class WorkersTest {

  @Test
  void everyTaskRunsExactlyOnce() {
    for (int threads : new int[] {1, 2, 5}) {
      try (Workers workers = new Workers(threads)) {
        for (int round = 0; round < 200; round++) {
          AtomicIntegerArray runs = new AtomicIntegerArray(round);
          workers.run(round, (task, _) -> runs.incrementAndGet(task));
          for (int i = 0; i < round; i++) {
            assertThat(runs.get(i)).isEqualTo(1);
          }
        }
      }
    }
  }

  @Test
  void aFailureReachesTheCallerAndTheTeamLivesOn() {
    try (Workers workers = new Workers(2)) {
      assertThatThrownBy(
              () ->
                  workers.run(
                      100,
                      (task, _) -> {
                        if (task == 40) {
                          throw new IllegalArgumentException("forty");
                        }
                      }))
          .hasMessage("forty");
      AtomicIntegerArray runs = new AtomicIntegerArray(10);
      workers.run(10, (task, _) -> runs.incrementAndGet(task));
      assertThat(runs.get(9)).isEqualTo(1);
    }
  }

  @Test
  void nestedLoopsAreRefused() {
    try (Workers workers = new Workers(2)) {
      assertThatThrownBy(() -> workers.run(4, (_, _) -> workers.run(2, (_, _) -> {})))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("inside a parallel loop");
    }
  }
}

package dev.mneme.ltm;

import static dev.mneme.ltm.Turns.ANN;
import static dev.mneme.ltm.Turns.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recency, frequency and importance re-rank within their bounds, and every hit shows them. */
final class StandingTest {
  private static final RecallWeights WEIGHTS = RecallWeights.defaults();

  @TempDir Path home;

  private static Scope session(String name) {
    return new Scope(ANN.tenant(), ANN.user(), ANN.agent(), name);
  }

  private MemoryStoreConfig config() {
    return MemoryStoreConfig.at(home, () -> Turns.NOON);
  }

  private static double part(Recalled hit, String name) {
    return hit.breakdown().getOrDefault(name, 1.0);
  }

  @Test
  void whatWasSaidLatelyIsSlightlyPreferred() {
    Instant later = Turns.NOON.plus(Duration.ofDays(365));
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(session("old"), 0, "The gate is painted green."));
      Turn again = user(session("new"), 0, "The gate is painted green.");
      memory.remember(
          new Turn(again.id(), again.scope(), 0, "user", again.message(), later, null, null));
      MemoryQuery question = MemoryQuery.of(ANN, "painted gate", 1).asking(later);
      Recalled best = memory.recall(question.withReach(MemoryQuery.Reach.AGENT)).getFirst();
      assertThat(best.id()).isEqualTo(again.id());
      assertThat(part(best, "recency")).isGreaterThan(1.04).isLessThanOrEqualTo(WEIGHTS.recency());
    }
  }

  @Test
  void whatWasSaidOftenAndWhatShouldBeRememberedCountForMore() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      for (int i = 0; i < 4; i++) {
        memory.remember(user(session("s" + i), 0, "I live in Quetzaltown."));
      }
      memory.remember(
          user(session("keep"), 0, "Remember that the cellar key hangs on a nail."),
          user(session("keep"), 1, "It rains."));
      Recalled often =
          memory
              .recall(MemoryQuery.of(ANN, "Quetzaltown", 1).withReach(MemoryQuery.Reach.AGENT))
              .getFirst();
      assertThat(part(often, "frequency"))
          .isGreaterThan(1.05)
          .isLessThanOrEqualTo(WEIGHTS.frequency());
      assertThat(part(often, "importance")).isBetween(1.01, WEIGHTS.importance());
      Recalled kept =
          memory
              .recall(MemoryQuery.of(ANN, "cellar key", 1).withReach(MemoryQuery.Reach.AGENT))
              .getFirst();
      assertThat(part(kept, "importance")).isEqualTo(WEIGHTS.importance());
      assertThat(part(kept, "frequency")).isEqualTo(1);
    }
  }

  @Test
  void strengthsStayWithinTheirBounds() {
    for (long seconds : new long[] {-1_000_000, 0, 1, 86_400, Long.MAX_VALUE / 4}) {
      assertThat(Standing.recency(0, seconds)).isBetween(0.0, 1.0);
    }
    assertThat(Standing.frequency(Standing.of(List.of()))).isZero();
    assertThat(Standing.importance(Standing.of(List.of()), 0)).isZero();
    assertThat(Standing.recency(0, 30 * 86_400)).isEqualTo(0.5);
  }
}

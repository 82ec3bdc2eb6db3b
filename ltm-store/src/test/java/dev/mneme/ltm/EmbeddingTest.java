package dev.mneme.ltm;

import static dev.mneme.ltm.Turns.ANN;
import static dev.mneme.ltm.Turns.user;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddingTest {
  @TempDir Path home;

  private MemoryStoreConfig with(String id) {
    var embedder = new HashEmbedder(id, 32, Map.of("puppi", "dog", "hound", "dog"));
    return MemoryStoreConfig.at(home, Clock.systemUTC()).withEmbedder(embedder);
  }

  private static void eventually(BooleanSupplier holds) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited 20 s").isLessThan(end);
      Thread.sleep(20);
    }
  }

  private static boolean foundByMeaning(MemoryStore memory) {
    List<Recalled> found = memory.recall(MemoryQuery.of(ANN, "hound", 2));
    return !found.isEmpty()
        && found.getFirst().id().equals("monday-0")
        && found.getFirst().breakdown().containsKey("meaning");
  }

  @Test
  void meaningFindsWhatWordsDoNotAndANewEmbedderTakesOverWhenItIsReady()
      throws InterruptedException {
    try (MemoryStore memory = MemoryStore.open(with("one"))) {
      memory.remember(
          user(ANN, 0, "The puppy sleeps."),
          user(ANN, 1, "The train is late."),
          user(ANN, 2, "Bread needs flour."));
      eventually(() -> foundByMeaning(memory));
    }
    // The index is made anew from the vectors in the ledger.
    Upkeep.dropIndex(home);
    try (MemoryStore memory = MemoryStore.open(with("one"))) {
      eventually(() -> foundByMeaning(memory));
    }
    try (MemoryStore memory = MemoryStore.open(with("two"))) {
      assertThat(memory.recall(MemoryQuery.of(ANN, "train", 1))).hasSize(1);
      eventually(() -> foundByMeaning(memory));
    }
    try (MemoryStore memory = MemoryStore.open(MemoryStoreConfig.at(home, Clock.systemUTC()))) {
      assertThat(memory.recall(MemoryQuery.of(ANN, "train", 1))).hasSize(1);
      assertThat(memory.recall(MemoryQuery.of(ANN, "hound", 1))).isEmpty();
    }
  }
}

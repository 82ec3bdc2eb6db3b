package dev.mneme.ltm;

import static dev.mneme.ltm.Turns.ANN;
import static dev.mneme.ltm.Turns.user;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EmbeddingTest {
  /** More than the turns without vectors that recall tolerates. */
  private static final int MANY = 400;

  @TempDir Path home;

  private static HashEmbedder embedder(String id) {
    return new HashEmbedder(id, 32, Map.of("puppi", "dog", "hound", "dog"));
  }

  private static MemoryStoreConfig with(Path home, Embedder embedder, FormerEmbedders formers) {
    return MemoryStoreConfig.at(home, Clock.systemUTC())
        .withEmbedder(embedder)
        .withFormerEmbedders(formers);
  }

  private MemoryStoreConfig with(String id) {
    return with(home, embedder(id), FormerEmbedders.none());
  }

  private static void fill(MemoryStore memory) {
    memory.remember(user(ANN, 0, "The puppy sleeps."));
    memory.remember(
        IntStream.range(1, MANY)
            .mapToObj(i -> user(ANN, i, "Train number " + i + " to Stop" + i + " is late."))
            .toList());
  }

  private static void eventually(BooleanSupplier holds) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited two minutes").isLessThan(end);
      Thread.sleep(20);
    }
  }

  /** Old vectors are dropped behind the back of those who wait for the new ones. */
  private static Steps whenDropped(CountDownLatch dropped) {
    return step -> {
      if (step.equals("others-dropped")) {
        dropped.countDown();
      }
    };
  }

  private static boolean foundByMeaning(MemoryStore memory) {
    List<Recalled> found = memory.recall(MemoryQuery.of(ANN, "hound", 2));
    return !found.isEmpty()
        && found.getFirst().id().equals("monday-0")
        && found.getFirst().breakdown().containsKey("meaning");
  }

  /**
   * Counts what it is asked, can be made to wait before it embeds a turn (here turns end in a full
   * stop and questions do not), and says whether it was closed.
   */
  private static final class Watched implements Embedder {
    private final Embedder inner;
    private final AtomicInteger asked = new AtomicInteger();
    private final @Nullable Semaphore gate;
    private volatile boolean closed;

    Watched(Embedder inner, @Nullable Semaphore gate) {
      this.inner = inner;
      this.gate = gate;
    }

    @Override
    public String id() {
      return inner.id();
    }

    @Override
    public int dimensions() {
      return inner.dimensions();
    }

    @Override
    public float[] embed(String text) {
      assertThat(closed).as("used after it was closed").isFalse();
      asked.incrementAndGet();
      Semaphore open = gate;
      try {
        if (open != null && text.endsWith(".") && !open.tryAcquire(2, TimeUnit.MINUTES)) {
          throw new AssertionError("waited two minutes");
        }
      } catch (InterruptedException e) {
        throw new AssertionError("nobody interrupts the embedder", e);
      }
      return inner.embed(text);
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @Test
  void meaningFindsWhatWordsDoNot() throws InterruptedException {
    try (MemoryStore memory = MemoryStore.open(with("one"))) {
      memory.remember(
          user(ANN, 0, "The puppy sleeps."),
          user(ANN, 1, "The train is late."),
          user(ANN, 2, "Bread needs flour."));
      memory.awaitVectors();
      assertThat(foundByMeaning(memory)).isTrue();
      memory.remember(user(ANN, 3, "A whale sings."));
      memory.awaitVectors();
      assertThat(memory.recall(MemoryQuery.of(ANN, "whale", 1)).getFirst().breakdown())
          .containsKey("meaning");
    }
    // The index is made anew from the vectors in the ledger.
    Upkeep.dropIndex(home);
    try (MemoryStore memory = MemoryStore.open(with("one"))) {
      assertThat(foundByMeaning(memory)).isTrue();
    }
    try (MemoryStore memory = MemoryStore.open(MemoryStoreConfig.at(home, Clock.systemUTC()))) {
      assertThat(memory.recall(MemoryQuery.of(ANN, "train", 1))).hasSize(1);
      assertThat(memory.recall(MemoryQuery.of(ANN, "hound", 1))).isEmpty();
    }
  }

  @Test
  void anIndexOfAnotherEmbeddersVectorsIsMadeAnew() {
    try (MemoryStore memory = MemoryStore.open(with("one"))) {
      fill(memory);
      memory.awaitVectors();
    }
    // As after a ledger was replaced: what the index has in its first field, this ledger says,
    // another embedder made.
    try (Ledger ledger = Ledger.open(home, Vault.open(home, null))) {
      ledger
          .jdbi()
          .useHandle(
              handle -> {
                handle.execute("delete from vector");
                handle.execute("delete from meta where name like 'generation:%'");
                Ledger.putMeta(handle, "generation:other", "1");
                Ledger.putMeta(handle, "generation:one", "2");
                Ledger.putMeta(handle, "serving generation", "1");
              });
      ledger.flush();
    }
    // No turn is embedded before recall was asked: a vector it then compares was in the index.
    var gate = new Semaphore(0);
    var other = new Watched(embedder("other"), gate);
    try (MemoryStore memory = MemoryStore.open(with(home, other, FormerEmbedders.none()))) {
      assertThat(memory.recall(MemoryQuery.of(ANN, "hound", 1)))
          .as("no vector of another embedder is compared")
          .noneMatch(found -> found.breakdown().containsKey("meaning"));
      gate.release(10_000);
      memory.awaitVectors();
      assertThat(foundByMeaning(memory)).isTrue();
    }
  }

  @Test
  void theFormerEmbedderServesUntilTheNewOneHasEmbeddedEveryTurn() throws InterruptedException {
    try (MemoryStore memory = MemoryStore.open(with("one"))) {
      fill(memory);
      memory.awaitVectors();
    }
    var gate = new Semaphore(0);
    var one = new Watched(embedder("one"), null);
    var two = new Watched(embedder("two"), gate);
    var dropped = new CountDownLatch(1);
    try (MemoryStore memory =
        MemoryStore.open(
            with(home, two, id -> id.equals("one") ? one : null), whenDropped(dropped))) {
      assertThat(foundByMeaning(memory)).as("at once, by the old vectors").isTrue();
      assertThat(one.asked).hasPositiveValue();
      memory.remember(user(ANN, MANY, "A whale sings."));
      // One batch passes; then it is the turn of what came meanwhile.
      gate.release(64);
      eventually(
          () ->
              memory
                  .recall(MemoryQuery.of(ANN, "whale sings", 1))
                  .getFirst()
                  .breakdown()
                  .containsKey("meaning"));
      assertThat(two.asked.get()).as("the new one is far from done").isLessThan(MANY / 2);

      gate.release(10_000);
      memory.awaitVectors();

      assertThat(one.closed).isTrue();
      int asked = one.asked.get();
      assertThat(foundByMeaning(memory)).isTrue();
      assertThat(one.asked).hasValue(asked);
      assertThat(dropped.await(2, TimeUnit.MINUTES)).as("the old vectors are dropped").isTrue();
      assertThat(memory.verify().problems()).isEmpty();
    }
    assertThat(two.closed).as("the caller's own is the caller's to close").isFalse();
    assertThat(generations()).containsExactly(2);
  }

  @Test
  void withoutTheFormerEmbedderRecallGoesByWordsAndNeverByHalfOfTheVectors()
      throws InterruptedException {
    try (MemoryStore memory = MemoryStore.open(with("one"))) {
      memory.remember(user(ANN, 0, "The puppy sleeps."), user(ANN, 1, "The train is late."));
      memory.awaitVectors();
    }
    var gate = new Semaphore(0);
    var two = new Watched(embedder("two"), gate);
    try (MemoryStore memory = MemoryStore.open(with(home, two, FormerEmbedders.none()))) {
      assertThat(memory.recall(MemoryQuery.of(ANN, "train", 1))).hasSize(1);
      assertThat(memory.recall(MemoryQuery.of(ANN, "hound", 1))).isEmpty();
      gate.release(10_000);
      memory.awaitVectors();
      assertThat(foundByMeaning(memory)).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"embedded, 1", "embedded, 4", "embedded-all, 1", "embedder-took-over, 1"})
  void aKillWhileEverythingIsEmbeddedAnewLosesNoVectors(String step, int at)
      throws IOException, InterruptedException {
    try (MemoryStore memory = MemoryStore.open(with("one"))) {
      fill(memory);
      memory.awaitVectors();
    }
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Anew.class.getName(),
                home.toString(),
                step,
                Integer.toString(at))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (var out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.lines()).contains("found by meaning: true");
    }
    assertThat(child.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(child.exitValue()).isEqualTo(137);

    var one = new Watched(embedder("one"), null);
    var two = new Watched(embedder("two"), null);
    var dropped = new CountDownLatch(1);
    try (MemoryStore memory =
        MemoryStore.open(
            with(home, two, id -> id.equals("one") ? one : null), whenDropped(dropped))) {
      assertThat(foundByMeaning(memory)).as("at once").isTrue();
      memory.awaitVectors();
      assertThat(foundByMeaning(memory)).isTrue();
      // The vectors of before the kill are used: what was flushed is not made again.
      assertThat(two.asked.get()).isLessThanOrEqualTo(MANY + 10);
      assertThat(dropped.await(2, TimeUnit.MINUTES)).as("the old vectors are dropped").isTrue();
      assertThat(memory.verify().problems()).isEmpty();
    }
    assertThat(generations()).containsExactly(2);
  }

  /** The generations of vectors in the ledger of the closed store, each complete. */
  private List<Integer> generations() {
    try (Ledger ledger = Ledger.open(home, Vault.open(home, null))) {
      return ledger
          .jdbi()
          .withHandle(
              handle ->
                  handle
                      .createQuery(
                          "select generation from vector group by generation having count(*) >= "
                              + MANY)
                      .mapTo(Integer.class)
                      .list());
    }
  }

  /** The process that is killed while it embeds everything anew. */
  static final class Anew {
    private Anew() {}

    public static void main(String[] args) {
      String step = args[1];
      int at = Integer.parseInt(args[2]);
      var said = new CountDownLatch(1);
      int[] reached = {0};
      Steps steps =
          now -> {
            try {
              if (now.equals(step) && ++reached[0] == at && said.await(2, TimeUnit.MINUTES)) {
                Runtime.getRuntime().halt(137);
              }
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          };
      try (MemoryStore memory =
          MemoryStore.open(
              with(Path.of(args[0]), embedder("two"), id -> id.equals("one") ? embedder(id) : null),
              steps)) {
        System.out.println("found by meaning: " + foundByMeaning(memory));
        System.out.flush();
        said.countDown();
        TimeUnit.MINUTES.sleep(2);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

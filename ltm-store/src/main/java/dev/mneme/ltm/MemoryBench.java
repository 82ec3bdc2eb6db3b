package dev.mneme.ltm;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.Percentile;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Measures a store of its own, in a directory it is given: durable writes, recall, size, deletion
 * and opening.
 *
 * <p>All turns belong to one person with one agent, which is the hardest case for recall. Their
 * words follow a Zipf-Mandelbrot law over 30,000 made-up words, in sessions of 20 turns; questions
 * take four to seven words of one turn. The same seed gives the same store.
 */
public final class MemoryBench {
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
  private static final int SESSION = 20;
  private static final int VOCABULARY = 30_000;
  private static final int BULK = 500;

  private final Path home;
  private final int turns;
  private final int threads;
  private final long seed;
  private final Consumer<String> progress;
  private final String[] words = new String[VOCABULARY];
  private final double[] cumulative = new double[VOCABULARY];

  /**
   * @param home an empty or absent directory; what is made there is left for the caller to delete
   * @param turns how many turns, at least 20,000
   * @param threads how many threads write at once
   * @param seed of the words
   * @param progress told what is being done
   */
  public MemoryBench(Path home, int turns, int threads, long seed, Consumer<String> progress) {
    this.home = requireNonNull(home, "home is null");
    this.turns = turns;
    this.threads = threads;
    this.seed = seed;
    this.progress = progress;
    if (turns < 20_000) {
      throw new IllegalArgumentException("the bench needs at least 20000 turns, got " + turns);
    }
    makeVocabulary();
  }

  /**
   * What was measured; times in milliseconds unless the name says seconds.
   *
   * @param turns turns in the store
   * @param write {@code single_p50}, {@code single_p99}: one durable turn, nothing else going on;
   *     {@code group_turns_per_second}: from many threads, one turn a call
   * @param recall {@code p50}, {@code p99}, {@code mean} of ten memories; {@code hit@10}: how often
   *     the turn the question was made from is among them
   * @param bytesPerTurn {@code text}, {@code ledger}, {@code journal}, {@code index}, and {@code
   *     beyond_text}: all files less the text itself
   * @param deleteThousandSeconds from the call until no recall shows any of 1,000 turns
   * @param openSeconds opening the closed store until the first answer
   * @param conditions processors, heap, runtime
   */
  public record Result(
      int turns,
      Map<String, Double> write,
      Map<String, Double> recall,
      Map<String, Double> bytesPerTurn,
      double deleteThousandSeconds,
      double openSeconds,
      Map<String, String> conditions) {}

  public Result run() {
    Map<String, Double> write = new LinkedHashMap<>();
    Map<String, Double> recall;
    double delete;
    AtomicLong text = new AtomicLong();
    var config = MemoryStoreConfig.at(home, Clock.systemUTC());
    int grouped = Math.min(40_000, turns / 2);
    int singles = 2_000;
    try (MemoryStore memory = MemoryStore.open(config)) {
      progress.accept("writing " + grouped + " turns from " + threads + " threads");
      long start = System.nanoTime();
      write(memory, 0, grouped, text);
      write.put("group_turns_per_second", grouped / seconds(start));
      progress.accept("writing " + singles + " single turns");
      long[] times = new long[singles];
      for (int i = 0; i < singles; i++) {
        Turn turn = turn(grouped + i);
        text.addAndGet(bytes(turn));
        long begin = System.nanoTime();
        memory.remember(turn);
        times[i] = System.nanoTime() - begin;
      }
      write.put("single_p50", percentile(times, 0.5));
      write.put("single_p99", percentile(times, 0.99));
      progress.accept("writing the other turns in batches");
      for (int from = grouped + singles; from < turns; from += BULK) {
        List<Turn> batch = new ArrayList<>(BULK);
        for (int i = from; i < Math.min(turns, from + BULK); i++) {
          Turn turn = turn(i);
          text.addAndGet(bytes(turn));
          batch.add(turn);
        }
        memory.remember(batch);
      }
    }
    progress.accept("opening");
    long opening = System.nanoTime();
    double open;
    try (MemoryStore memory = MemoryStore.open(config)) {
      memory.recall(MemoryQuery.of(scope(0), question(turn(1), 1), 10));
      open = seconds(opening);
      progress.accept("recalling");
      recall = recall(memory);
      progress.accept("forgetting 1000 turns");
      List<String> gone = IntStream.range(0, 1_000).mapToObj(i -> turn(i * 7).id()).toList();
      long deleting = System.nanoTime();
      memory.forget(Owner.of(scope(0)), gone, "bench");
      List<Recalled> after = memory.recall(MemoryQuery.of(scope(0), question(turn(7), 1), 50));
      delete = seconds(deleting);
      if (after.stream().anyMatch(found -> gone.contains(found.id()))) {
        throw new AssertionError("a forgotten turn was recalled");
      }
    }
    return new Result(
        turns,
        write,
        recall,
        sizes(text.get()),
        delete,
        open,
        Map.of(
            "processors", Integer.toString(Runtime.getRuntime().availableProcessors()),
            "heap_mb", Long.toString(Runtime.getRuntime().maxMemory() >> 20),
            "java", Runtime.version().toString(),
            "seed", Long.toString(seed)));
  }

  private void write(MemoryStore memory, int from, int to, AtomicLong text) {
    var next = new AtomicInteger(from);
    try (ExecutorService pool =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("mneme-bench-", 0).factory())) {
      List<CompletableFuture<Void>> all = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        all.add(
            CompletableFuture.runAsync(
                () -> {
                  for (int i = next.getAndIncrement(); i < to; i = next.getAndIncrement()) {
                    Turn turn = turn(i);
                    text.addAndGet(bytes(turn));
                    memory.remember(turn);
                  }
                },
                pool));
      }
      all.forEach(CompletableFuture::join);
    }
  }

  private Map<String, Double> recall(MemoryStore memory) {
    int warm = 500;
    int measured = 2_000;
    long[] times = new long[measured];
    int hits = 0;
    RandomGenerator random = random("questions", 0);
    for (int i = 0; i < warm + measured; i++) {
      Turn turn = turn(random.nextInt(turns));
      MemoryQuery query = MemoryQuery.of(scope(0), question(turn, i), 10);
      long begin = System.nanoTime();
      List<Recalled> found = memory.recall(query);
      long took = System.nanoTime() - begin;
      if (i >= warm) {
        times[i - warm] = took;
        if (found.stream().anyMatch(each -> each.id().equals(turn.id()))) {
          hits++;
        }
      }
    }
    Map<String, Double> result = new LinkedHashMap<>();
    result.put("p50", percentile(times, 0.5));
    result.put("p99", percentile(times, 0.99));
    result.put("mean", Arrays.stream(times).average().orElse(0) / 1e6);
    result.put("hit@10", hits / (double) measured);
    return result;
  }

  private Map<String, Double> sizes(long text) {
    Map<String, Double> perTurn = new LinkedHashMap<>();
    double ledger = size(home.resolve("ledger.mv.db"));
    double journal = size(home.resolve("journal"));
    double index = size(home.resolve("index"));
    perTurn.put("text", text / (double) turns);
    perTurn.put("ledger", ledger / turns);
    perTurn.put("journal", journal / turns);
    perTurn.put("index", index / turns);
    perTurn.put("beyond_text", (ledger + journal + index - text) / turns);
    return perTurn;
  }

  private static long size(Path path) {
    try (Stream<Path> files = Files.walk(path)) {
      long sum = 0;
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        sum += Files.size(each);
      }
      return sum;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot measure " + path, e);
    }
  }

  private static Scope scope(int number) {
    return new Scope("bench", "somebody", "agent", "session-" + number / SESSION);
  }

  private Turn turn(int number) {
    RandomGenerator random = random("turn", number);
    int length = 6 + random.nextInt(30);
    var text = new StringBuilder(number % 2 == 0 ? "I" : "You");
    for (int i = 0; i < length; i++) {
      text.append(' ').append(words[draw(random)]);
    }
    return new Turn(
        "turn-" + number,
        scope(number),
        number % SESSION,
        number % 2 == 0 ? "user" : "assistant",
        number % 2 == 0 ? Message.user(text + ".") : Message.assistant(text + "."),
        BEGIN.plus(Duration.ofSeconds(number)),
        null,
        null);
  }

  private String question(Turn turn, int number) {
    RandomGenerator random = random("question", number);
    String[] said = turn.message().content().split("[ .]");
    var text = new StringBuilder("What did I say about");
    int asked = 4 + random.nextInt(4);
    for (int i = 0; i < asked; i++) {
      text.append(' ').append(said[1 + random.nextInt(said.length - 1)]);
    }
    return text + "?";
  }

  private int draw(RandomGenerator random) {
    int at = Arrays.binarySearch(cumulative, random.nextDouble() * cumulative[VOCABULARY - 1]);
    return Math.min(VOCABULARY - 1, at < 0 ? -at - 1 : at);
  }

  private void makeVocabulary() {
    String[] heads = "b c d f g h j k l m n p r s t v w br cl dr fl gr pl st tr".split(" ");
    String[] hearts = "a e i o u ai ea oo ou".split(" ");
    RandomGenerator random = random("vocabulary", 0);
    double sum = 0;
    for (int i = 0; i < VOCABULARY; i++) {
      var word = new StringBuilder();
      int syllables = 2 + random.nextInt(2);
      for (int s = 0; s < syllables; s++) {
        word.append(heads[random.nextInt(heads.length)]);
        word.append(hearts[random.nextInt(hearts.length)]);
      }
      words[i] = word.append(heads[random.nextInt(17)]).toString();
      sum += 1.0 / (i + 30);
      cumulative[i] = sum;
    }
  }

  private RandomGenerator random(String purpose, int number) {
    return RandomGeneratorFactory.of("L64X128MixRandom")
        .create(Hashes.subSeed(seed, purpose) + 0x9e3779b97f4a7c15L * number);
  }

  private static long bytes(Turn turn) {
    return turn.message().content().length();
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  /** In milliseconds. */
  private static double percentile(long[] nanos, double share) {
    return Percentile.nearestRank(
        Arrays.stream(nanos).sorted().mapToDouble(each -> each / 1e6).toArray(), share);
  }
}

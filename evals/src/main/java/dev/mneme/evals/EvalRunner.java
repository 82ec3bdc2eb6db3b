package dev.mneme.evals;

import static java.util.Objects.requireNonNull;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelException;
import dev.mneme.agent.ChatReply;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.ModelRef;
import dev.mneme.data.ProcessMemory;
import dev.mneme.data.Sampling;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks. Each item is appended to the run's log as soon as it is finished, so a run that was
 * killed goes on where it stopped: no item is asked twice, none is left out. The same task, model
 * and sampling find the same directory again.
 *
 * <p>A solution found in another run under the same root is taken over and marked as cached. A
 * record whose scorer has changed since is scored again from its logged solution. A record that
 * failed is tried again.
 *
 * <p>Thread-safe; two runs of the same directory at once are refused.
 */
public final class EvalRunner {
  private static final Logger log = LoggerFactory.getLogger(EvalRunner.class);

  /** Changes when records of old no longer mean the same. */
  private static final String KEY_VERSION = "mneme-eval-1";

  private final Path root;
  private final Clock clock;

  /**
   * @param root where the runs are kept, one directory each
   */
  public EvalRunner(Path root, Clock clock) {
    this.root = requireNonNull(root, "root is null");
    this.clock = requireNonNull(clock, "clock is null");
  }

  /** Where a task, model and sampling have their run. */
  public Path directory(EvalTask task, ModelRef model, RunSettings settings) {
    String hash =
        Hashes.sha256(
            KEY_VERSION,
            task.name(),
            model.id(),
            model.sha256(),
            task.solver().id(),
            task.dataHash(),
            Json.mapper().writeValueAsString(settings.sampling()));
    String name = model.id().replaceAll("[^A-Za-z0-9._-]+", "-");
    return root.resolve(
        task.name()
            + "-"
            + name.substring(0, Math.min(40, name.length()))
            + "-"
            + hash.substring(0, 8));
  }

  /**
   * Runs what is missing and returns the whole run.
   *
   * @param cancellation ends the run between items; what is finished is kept
   * @throws EvalException when the log cannot be read or written
   * @throws IllegalArgumentException when {@code settings.samples()} names an unknown item
   */
  public EvalRun run(
      EvalTask task,
      ChatModel model,
      RunSettings settings,
      Cancellation cancellation,
      Progress progress) {
    requireKnown(task, settings.samples());
    ModelRef ref = model.ref();
    Path directory = directory(task, ref, settings);
    try (var log = new EvalLog(directory)) {
      var session = new Session(task, model, ref, settings, cancellation, progress, log, directory);
      return session.run();
    }
  }

  private static void requireKnown(EvalTask task, Set<String> samples) {
    var unknown = new TreeSet<>(samples);
    unknown.removeAll(task.items().stream().map(EvalItem::id).collect(Collectors.toSet()));
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "task " + task.name() + " has no items with the ids " + unknown);
    }
  }

  private record Asked(EvalItem item, int epoch, Sampling sampling, String key, String scoreKey) {}

  private final class Session {
    private final EvalTask task;
    private final ChatModel model;
    private final ModelRef ref;
    private final RunSettings settings;
    private final Cancellation cancellation;
    private final Progress progress;
    private final EvalLog records;
    private final Path directory;
    private final Instant started = clock.instant();
    private final AtomicLong promptTokens = new AtomicLong();
    private final AtomicLong replyTokens = new AtomicLong();
    private final AtomicInteger generated = new AtomicInteger();
    private final AtomicInteger errors = new AtomicInteger();
    private final AtomicReference<@Nullable String> stoppedBy = new AtomicReference<>();
    private final AtomicReference<@Nullable Throwable> fatal = new AtomicReference<>();
    private final Map<String, EvalRecord> done = new HashMap<>();

    Session(
        EvalTask task,
        ChatModel model,
        ModelRef ref,
        RunSettings settings,
        Cancellation cancellation,
        Progress progress,
        EvalLog records,
        Path directory) {
      this.task = task;
      this.model = model;
      this.ref = ref;
      this.settings = settings;
      this.cancellation = cancellation;
      this.progress = progress;
      this.records = records;
      this.directory = directory;
    }

    EvalRun run() {
      List<Asked> all = plan();
      RunInfo info = info();
      records.write(info);
      Map<String, EvalRecord> logged = records.records();
      Map<String, EvalRecord> elsewhere = null;
      var open = new ArrayList<Asked>();
      for (Asked each : all) {
        EvalRecord here = logged.get(each.key());
        if (here != null && here.error() == null) {
          if (here.scoreKey().equals(each.scoreKey())) {
            done.put(each.key(), here);
          } else {
            keep(each, here, all.size());
          }
          continue;
        }
        elsewhere = elsewhere == null ? otherRuns() : elsewhere;
        EvalRecord other = elsewhere.get(each.key());
        if (other == null) {
          open.add(each);
        } else {
          keep(each, other.asCached(), all.size());
        }
      }
      int reused = done.size();
      log.info("{}: {} items, {} already done", info.id(), all.size(), reused);
      askAll(open, all.size());
      var sessions = new ArrayList<>(info.sessions());
      sessions.add(session(reused));
      RunInfo finished = info.with(task.scorer().id(), sessions);
      records.write(finished);
      List<EvalRecord> inOrder =
          all.stream().map(each -> done.get(each.key())).filter(each -> each != null).toList();
      return new EvalRun(directory, finished, inOrder);
    }

    private List<Asked> plan() {
      Set<String> samples = settings.samples();
      Integer firstN = settings.firstN();
      List<EvalItem> items =
          task.items().stream()
              .filter(each -> samples.isEmpty() || samples.contains(each.id()))
              .limit(firstN == null ? Long.MAX_VALUE : firstN)
              .toList();
      var all = new ArrayList<Asked>();
      for (int epoch = 0; epoch < settings.epochs(); epoch++) {
        for (EvalItem item : items) {
          all.add(asked(item, epoch));
        }
      }
      return all;
    }

    private Asked asked(EvalItem item, int epoch) {
      long seed =
          Hashes.subSeed(settings.sampling().seed(), "eval", task.name(), item.id(), epoch + "");
      Sampling sampling = task.solver().sampling(item, settings.sampling().withSeed(seed));
      String key =
          Hashes.sha256(
              KEY_VERSION,
              ref.id(),
              ref.sha256(),
              task.solver().id(),
              item.id(),
              task.solver().fingerprint(item),
              Json.mapper().writeValueAsString(sampling),
              epoch + "");
      String scoreKey =
          Hashes.sha256(key, task.scorer().id(), Json.mapper().writeValueAsString(item));
      return new Asked(item, epoch, sampling, key, scoreKey);
    }

    private RunInfo info() {
      RunInfo fresh =
          new RunInfo(
              directory.getFileName().toString(),
              task.name(),
              ref,
              task.solver().id(),
              task.scorer().id(),
              task.dataHash(),
              task.primary(),
              settings.sampling(),
              settings.epochs(),
              List.of(),
              null);
      return EvalLog.info(directory)
          .map(old -> fresh.with(task.scorer().id(), old.sessions()).withJudge(old.judge()))
          .orElse(fresh);
    }

    /** Solutions under the same root that may serve here: same key, no error. */
    private Map<String, EvalRecord> otherRuns() {
      var found = new HashMap<String, EvalRecord>();
      for (Path other : EvalRun.directories(root)) {
        if (!other.equals(directory)
            && EvalLog.info(other).filter(each -> each.task().equals(task.name())).isPresent()) {
          EvalLog.read(other).values().stream()
              .filter(each -> each.error() == null)
              .forEach(each -> found.putIfAbsent(each.key(), each));
        }
      }
      return found;
    }

    /** Takes over a solution, with its score where the scorer is the same. */
    private void keep(Asked asked, EvalRecord found, int total) {
      Solution solution = found.solution();
      EvalRecord record =
          found.scoreKey().equals(asked.scoreKey()) || solution == null
              ? found
              : score(asked, solution, found.cached(), found.at());
      finish(record, total);
    }

    private void askAll(List<Asked> open, int total) {
      var places = new Semaphore(settings.parallelism());
      var threads = Thread.ofVirtual().name("eval-" + task.name() + "-", 0).factory();
      try (ExecutorService pool = Executors.newThreadPerTaskExecutor(threads)) {
        for (Asked each : open) {
          places.acquireUninterruptibly();
          if (mustStop()) {
            break;
          }
          pool.execute(
              () -> {
                try {
                  ask(each, total);
                } catch (RuntimeException | Error e) {
                  fatal.compareAndSet(null, e);
                } finally {
                  places.release();
                }
              });
        }
      }
      switch (fatal.get()) {
        case null -> {}
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case Throwable e -> throw new AssertionError("only unchecked exceptions are kept", e);
      }
    }

    private boolean mustStop() {
      if (fatal.get() != null) {
        return true;
      }
      Long maxTokens = settings.maxTokens();
      Duration maxWall = settings.maxWall();
      if (cancellation.isRequested()) {
        stoppedBy.set("cancelled");
      } else if (maxTokens != null && promptTokens.get() + replyTokens.get() >= maxTokens) {
        stoppedBy.set("max-tokens " + maxTokens);
      } else if (maxWall != null
          && Duration.between(started, clock.instant()).compareTo(maxWall) >= 0) {
        stoppedBy.set("max-wall " + maxWall);
      }
      return stoppedBy.get() != null;
    }

    private void ask(Asked asked, int total) {
      Solution solution;
      try {
        solution =
            retrying(
                () -> task.solver().solve(asked.item(), model, asked.sampling(), cancellation));
      } catch (ChatModelException | IllegalArgumentException e) {
        if (!cancellation.isRequested()) {
          finish(failed(asked, null, "the model failed: " + describe(e)), total);
        }
        return;
      }
      if (solution.replies().stream()
          .anyMatch(each -> each.finish() == ChatReply.Finish.CANCELLED)) {
        return;
      }
      generated.incrementAndGet();
      for (Reply each : solution.replies()) {
        promptTokens.addAndGet(each.latency().promptTokens());
        replyTokens.addAndGet(each.latency().replyTokens());
      }
      EvalRecord record = score(asked, solution, false, clock.instant());
      if (record.error() == null || !cancellation.isRequested()) {
        finish(record, total);
      }
    }

    private EvalRecord score(Asked asked, Solution solution, boolean cached, Instant at) {
      try {
        List<Measure> measures = retrying(() -> task.scorer().score(asked.item(), solution));
        return record(asked, solution, measures, null, cached, at);
      } catch (ChatModelException e) {
        return failed(asked, solution, "the judge failed: " + describe(e));
      }
    }

    private EvalRecord failed(Asked asked, @Nullable Solution solution, String error) {
      errors.incrementAndGet();
      log.debug("{}: item {}: {}", task.name(), asked.item().id(), error);
      Measure unscored = Measure.unscored(task.primary().name(), "", error);
      return record(asked, solution, List.of(unscored), error, false, clock.instant());
    }

    private EvalRecord record(
        Asked asked,
        @Nullable Solution solution,
        List<Measure> measures,
        @Nullable String error,
        boolean cached,
        Instant at) {
      return new EvalRecord(
          asked.key(),
          asked.scoreKey(),
          asked.item().id(),
          asked.item().category(),
          asked.epoch(),
          asked.item().turns(),
          asked.sampling(),
          solution,
          measures,
          error,
          cached,
          at);
    }

    private synchronized void finish(EvalRecord record, int total) {
      records.append(record);
      done.put(record.key(), record);
      progress.finished(done.size(), total, record);
    }

    private <T> T retrying(java.util.function.Supplier<T> attempt) {
      Duration wait = settings.backOff();
      for (int tries = 0; ; tries++) {
        try {
          return attempt.get();
        } catch (ChatModelException e) {
          if (!e.retryable() || tries >= settings.retries() || cancellation.isRequested()) {
            throw e;
          }
          log.debug("retry {} in {}", tries + 1, wait, e);
          LockSupport.parkNanos(wait.toNanos());
          wait = wait.multipliedBy(2);
        }
      }
    }

    private RunInfo.Session session(int reused) {
      return new RunInfo.Session(
          started,
          Duration.between(started, clock.instant()).toMillis(),
          generated.get(),
          reused,
          errors.get(),
          promptTokens.get(),
          replyTokens.get(),
          peakMemoryBytes(),
          stoppedBy.get());
    }
  }

  private static String describe(RuntimeException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  /** Where the system does not tell, the heap in use stands in. */
  private static long peakMemoryBytes() {
    Runtime runtime = Runtime.getRuntime();
    return ProcessMemory.peakBytes().orElseGet(() -> runtime.totalMemory() - runtime.freeMemory());
  }
}

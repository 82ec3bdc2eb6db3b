package dev.mneme.agent.sim;

import static java.util.Objects.requireNonNull;

import dev.mneme.agent.ChatModel;
import dev.mneme.data.Hashes;
import dev.mneme.data.Turn;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a scenario.
 *
 * <p>Cells run freely between barriers, each on a virtual thread, so a model that batches gets many
 * requests at once and no cell waits for another. At a barrier the events are written in order of
 * (step, cell), memories that people share become visible, and every {@code evolveEvery} steps a
 * cycle is run. A run whose log exists goes on from its last barrier, and ends with the same log as
 * one that was never interrupted.
 *
 * <p>One call of {@link #run} per instance.
 */
public final class Simulation {
  private final Scenario scenario;
  private final SimulationConfig config;
  private final ChatModel model;
  private final @Nullable Evolution evolution;
  private final Surroundings surroundings;
  private final Consumer<Progress> progress;
  private final Totals totals = new Totals();
  private final CollectiveMemory collective = new CollectiveMemory();
  private final List<Cell> cells = new ArrayList<>();
  private final long began = System.nanoTime();
  private volatile int passed;

  /**
   * @param model shared by all agents; not closed
   * @param evolution the cycle; null for a run without learning
   * @param progress told about once a second and at every barrier, on another thread
   */
  public Simulation(
      Scenario scenario,
      SimulationConfig config,
      ChatModel model,
      @Nullable Evolution evolution,
      Consumer<Progress> progress) {
    this(scenario, config, model, evolution, Surroundings.NONE, progress);
  }

  /** As above, with wishes heard and people who speak by a model. */
  public Simulation(
      Scenario scenario,
      SimulationConfig config,
      ChatModel model,
      @Nullable Evolution evolution,
      Surroundings surroundings,
      Consumer<Progress> progress) {
    this.scenario = requireNonNull(scenario, "scenario is null");
    this.config = requireNonNull(config, "config is null");
    this.model = requireNonNull(model, "model is null");
    this.evolution = evolution;
    this.surroundings = requireNonNull(surroundings, "surroundings is null");
    this.progress = requireNonNull(progress, "progress is null");
    boolean modelled =
        scenario.users().stream().anyMatch(each -> each.speech() == Scenario.Speech.MODEL);
    if (modelled && surroundings.people() == null) {
      throw new IllegalArgumentException(
          "people of scenario \""
              + scenario.name()
              + "\" speak by a model (speech: model), and none was given");
    }
    if (config.evolveEvery() > 0 && evolution == null) {
      throw new IllegalArgumentException("evolve-every needs a cycle to run");
    }
  }

  /**
   * Runs to the end, or until a bound is reached.
   *
   * @return why it ended: {@code finished}, {@code max-tokens} or {@code max-wall}
   * @throws IllegalArgumentException when the log belongs to another run
   */
  public String run() throws InterruptedException {
    EventLog.Kept kept = EventLog.kept(config.log());
    var started =
        new SimEvent.Started(
            scenario.name(),
            Hashes.sha256(scenario.toString(), config.sampling().withSeed(0).toString()),
            config.seed(),
            config.cells(),
            config.steps(),
            scenario.changes(config.steps()));
    if (!kept.events().isEmpty() && !kept.events().getFirst().equals(started)) {
      throw new IllegalArgumentException(
          config.log()
              + " belongs to another run ("
              + kept.events().getFirst()
              + "); name another log, or remove it to begin anew");
    }
    for (int i = 0; i < config.cells(); i++) {
      cells.add(
          new Cell(
              i,
              scenario,
              config.seed(),
              model,
              config.sampling(),
              collective,
              surroundings,
              totals));
    }
    ScheduledExecutorService ticker =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("simulation-progress").daemon(true).factory());
    try (EventLog log = EventLog.open(config.log(), kept.bytes())) {
      var _ = ticker.scheduleAtFixedRate(() -> progress.accept(now()), 1, 1, TimeUnit.SECONDS);
      if (kept.events().isEmpty()) {
        log.append(List.of(started));
      }
      String why = rounds(log, new Past(kept.events()));
      log.append(List.of(new SimEvent.Ended(passed, why)));
      return why;
    } finally {
      ticker.shutdownNow();
    }
  }

  /** What a resumed log already holds. */
  private final class Past {
    final int until;
    final List<SimEvent> events;
    private int next = 1;

    Past(List<SimEvent> events) {
      this.events = events;
      int last = 0;
      for (SimEvent each : events) {
        switch (each) {
          case SimEvent.Checkpoint checkpoint -> last = checkpoint.step();
          case SimEvent.Generated generated ->
              cells.get(generated.cell()).model().replay(generated);
          case SimEvent.Worded worded -> cells.get(worded.cell()).words().replay(worded);
          case SimEvent.GenerationFailed failed -> cells.get(failed.cell()).model().replay(failed);
          default -> {}
        }
      }
      this.until = last;
    }

    /** The same programs with the same replies have to do the same. */
    void expect(List<SimEvent> again) {
      List<SimEvent> before = events.subList(next, Math.min(events.size(), next + again.size()));
      if (!before.equals(again)) {
        throw new IllegalArgumentException(
            config.log()
                + " was written by another version of this program; it cannot be resumed, only"
                + " reported");
      }
      next += again.size();
    }

    SimEvent.@Nullable Evolved evolvedAt(int step) {
      if (next < events.size()
          && events.get(next) instanceof SimEvent.Evolved evolved
          && evolved.step() == step) {
        next++;
        return evolved;
      }
      return null;
    }

    /** Whether the log says how the weights of this round measured. */
    boolean measured(int round) {
      if (next >= events.size()) {
        return false;
      }
      if (events.get(next) instanceof SimEvent.Measured measured && measured.round() == round) {
        next++;
      }
      return true;
    }
  }

  private void measure(EventLog log, Past past, int step, int round) {
    if (config.evolveEvery() > 0 && evolution != null && !past.measured(round)) {
      log.append(
          List.of(new SimEvent.Measured(step, round, model.ref(), evolution.measure(round))));
    }
  }

  private String rounds(EventLog log, Past past) throws InterruptedException {
    int round = 0;
    SimEvent.Evolved restored = null;
    measure(log, past, 0, 0);
    while (passed < config.steps()) {
      int to = nextBarrier(passed);
      runCells(passed, to);
      List<SimEvent> events = collect(passed, to);
      events.add(new SimEvent.Checkpoint(to));
      boolean replayed = to <= past.until;
      if (replayed) {
        past.expect(events);
      } else {
        log.append(events);
      }
      publish();
      passed = to;
      if (config.evolveEvery() > 0 && to % config.evolveEvery() == 0 && to < config.steps()) {
        round++;
        SimEvent.Evolved known = replayed ? past.evolvedAt(to) : null;
        if (known != null) {
          restored = known;
        } else {
          restore(restored);
          restored = null;
          log.append(List.of(evolve(round, to)));
        }
        if (to >= past.until) {
          restore(restored);
          restored = null;
        }
        measure(log, past, to, round);
      }
      if (to >= past.until) {
        restore(restored);
        restored = null;
      }
      progress.accept(now());
      String bound = to < config.steps() && !replayed ? bound() : null;
      if (bound != null) {
        return bound;
      }
    }
    return "finished";
  }

  private void restore(SimEvent.@Nullable Evolved last) {
    if (last != null && evolution != null) {
      evolution.restore(
          new Evolution.Outcome(last.promoted(), last.model(), last.note(), last.measures()));
    }
  }

  private int nextBarrier(int from) {
    int to =
        Math.min(config.steps(), from - from % config.checkpointEvery() + config.checkpointEvery());
    if (config.evolveEvery() > 0) {
      to = Math.min(to, from - from % config.evolveEvery() + config.evolveEvery());
    }
    return to;
  }

  private void runCells(int from, int to) throws InterruptedException {
    var slots = new Semaphore(config.concurrency());
    var left = new CountDownLatch(cells.size());
    var broken = new java.util.concurrent.atomic.AtomicReference<@Nullable Error>();
    for (Cell each : cells) {
      slots.acquire();
      Thread.ofVirtual()
          .name("cell-" + each.index())
          .start(
              () -> {
                try {
                  for (int step = from; step < to; step++) {
                    each.step(step);
                  }
                } catch (Error e) {
                  broken.set(e);
                } finally {
                  slots.release();
                  left.countDown();
                }
              });
    }
    left.await();
    Error error = broken.get();
    if (error != null) {
      throw error;
    }
  }

  private List<SimEvent> collect(int from, int to) {
    List<List<SimEvent>> bySteps = new ArrayList<>();
    for (int step = from; step < to; step++) {
      bySteps.add(new ArrayList<>());
    }
    for (Cell each : cells) {
      for (SimEvent event : each.drain()) {
        bySteps.get(stepOf(event) - from).add(event);
      }
    }
    List<SimEvent> events = new ArrayList<>();
    bySteps.forEach(events::addAll);
    return events;
  }

  private static int stepOf(SimEvent event) {
    return switch (event) {
      case SimEvent.Asked e -> e.step();
      case SimEvent.Worded e -> e.step();
      case SimEvent.Generated e -> e.step();
      case SimEvent.GenerationFailed e -> e.step();
      case SimEvent.Replied e -> e.step();
      case SimEvent.Judged e -> e.step();
      case SimEvent.Reacted e -> e.step();
      case SimEvent.CellFailed e -> e.step();
      case SimEvent.Checkpoint e -> e.step();
      case SimEvent.Evolved e -> e.step();
      case SimEvent.Measured e -> e.step();
      case SimEvent.Ended e -> e.step();
      case SimEvent.Started e -> 0;
    };
  }

  private void publish() {
    cells.forEach(each -> each.drainShared().forEach(collective::publish));
  }

  private SimEvent.Evolved evolve(int round, int step) {
    List<Turn> turns = new ArrayList<>();
    List<Evolution.ScopedSignal> signals = new ArrayList<>();
    cells.forEach(each -> each.show(turns, signals));
    Instant at = scenario.start().plus(scenario.stepTime().multipliedBy(step));
    Evolution.Outcome outcome =
        requireNonNull(evolution).evolve(round, new Evolution.History(turns, signals), at);
    return new SimEvent.Evolved(
        step, round, outcome.promoted(), outcome.model(), outcome.note(), outcome.measures());
  }

  private @Nullable String bound() {
    long tokens = totals.promptTokens.sum() + totals.replyTokens.sum();
    if (config.maxTokens() > 0 && tokens >= config.maxTokens()) {
      return "max-tokens";
    }
    Duration wall = Duration.ofNanos(System.nanoTime() - began);
    if (config.maxWall() != null && wall.compareTo(config.maxWall()) >= 0) {
      return "max-wall";
    }
    return null;
  }

  private Progress now() {
    double seconds = Math.max(1e-3, (System.nanoTime() - began) / 1e9);
    long steps = totals.steps.sum();
    long all = (long) config.cells() * config.steps();
    long judged = totals.judged.sum();
    double rate = steps / seconds;
    return new Progress(
        passed,
        config.steps(),
        steps,
        rate,
        totals.promptTokens.sum() / seconds,
        totals.replyTokens.sum() / seconds,
        judged == 0 ? 0 : totals.satisfaction.sum() / judged,
        (int) cells.stream().filter(Cell::stopped).count(),
        Duration.ofSeconds(rate > 0 ? (long) ((all - steps) / rate) : 0));
  }
}

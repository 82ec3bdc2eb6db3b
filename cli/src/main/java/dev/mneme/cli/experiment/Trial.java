package dev.mneme.cli.experiment;

import dev.mneme.agent.ChatModel;
import dev.mneme.agent.sim.Evolution;
import dev.mneme.agent.sim.Generation;
import dev.mneme.agent.sim.Progress;
import dev.mneme.agent.sim.Scenario;
import dev.mneme.agent.sim.Simulation;
import dev.mneme.agent.sim.SimulationConfig;
import dev.mneme.agent.sim.SimulationReport;
import dev.mneme.agent.sim.Surroundings;
import dev.mneme.cli.Workbench;
import dev.mneme.cli.evolve.SimulationEvolution;
import dev.mneme.cli.preferences.HeardWishes;
import dev.mneme.data.Sampling;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One arm with one seed.
 *
 * <p>What it writes, below its folder: {@code events.jsonl} of the people learnt from, {@code
 * measured-N.jsonl} of the newcomers of generation N, and {@code home} with the cycles. All of it
 * is resumed. One thread.
 */
final class Trial {
  private static final int CHECKPOINT_EVERY = 5;
  private static final int CONCURRENCY = 64;
  private static final int MAX_REPLY = 48;

  /** The people that count are called so in every measured scenario. */
  private static final String NEWCOMER = "newcomer";

  private static final double TEMPERATURE = 0.7;

  /** How many of a newcomer's first questions with a known answer count as the cold start. */
  private static final int EARLY = 3;

  private final Arm arm;
  private final long seed;
  private final Size size;
  private final Scenario people;
  private final Scenario measured;
  private final Path folder;
  private final Path evals;
  private final Consumer<String> generations;
  private final Consumer<String> progress;

  /**
   * @param evals where checkpoints' answers are kept, shared with other trials
   * @param generations told about every generation that has been measured
   * @param progress receives other lines for people
   */
  Trial(
      Arm arm,
      long seed,
      Size size,
      Scenario people,
      Scenario measured,
      Path folder,
      Path evals,
      Consumer<String> generations,
      Consumer<String> progress) {
    this.arm = arm;
    this.seed = seed;
    this.size = size;
    this.people = people.withMemory(arm.memory()).withAdversarial(arm.adversarial());
    this.measured = measured.withMemory(arm.memory()).withAdversarial(0);
    this.folder = folder;
    this.evals = evals;
    this.generations = generations;
    this.progress = progress;
  }

  /** Runs what is missing and returns a point for every generation, the zeroth included. */
  List<Point> run(Workbench bench) throws InterruptedException {
    return arm.learns() ? learning(bench) : still(bench);
  }

  private List<Point> learning(Workbench bench) throws InterruptedException {
    try (var cycles =
            SimulationEvolution.open(
                bench, folder, people.start(), evals, size.graded(), progress);
        ChatModel model = cycles.model()) {
      var evolution = new Measuring(cycles, model);
      int steps = size.steps() * size.generations();
      // One step more than the last cycle, because a run that ends with a cycle would not run it.
      var config = config("events.jsonl", size.agents(), steps + 1, size.steps());
      new Simulation(people, config, model, evolution, surroundings(), Trial::quiet).run();
    }
    List<Generation> generations =
        SimulationReport.of(folder.resolve("events.jsonl")).generations();
    List<Point> points = new ArrayList<>();
    for (Generation each : generations) {
      points.add(point(each.round(), each));
    }
    return points;
  }

  /** Weights that stay the same give the same conversations, so they are held once. */
  private List<Point> still(Workbench bench) throws InterruptedException {
    try (ChatModel model = bench.models().open("active")) {
      measure(0, model);
    }
    generations.accept(who() + ": measured");
    Generation only = SimulationReport.of(measuredLog(0)).generations().getFirst();
    Point first = point(0, only);
    List<Point> points = new ArrayList<>();
    for (int generation = 0; generation <= size.generations(); generation++) {
      points.add(
          new Point(
              first.arm(),
              first.seed(),
              generation,
              0,
              first.model(),
              first.satisfaction(),
              first.form(),
              first.success(),
              first.words(),
              first.distinct2(),
              first.selfBleu(),
              first.foreign(),
              first.leaks(),
              first.early(),
              null,
              null,
              Map.of(),
              first.people()));
    }
    return points;
  }

  /** The production cycle, with the newcomers' conversations after each. */
  private final class Measuring implements Evolution {
    private final SimulationEvolution cycles;
    private final ChatModel model;

    Measuring(SimulationEvolution cycles, ChatModel model) {
      this.cycles = cycles;
      this.model = model;
    }

    @Override
    public Outcome evolve(int round, History history, Instant now) {
      Outcome outcome = cycles.evolve(round, history, now);
      progress.accept(who() + ", cycle " + round + ": " + outcome.note());
      return outcome;
    }

    @Override
    public Map<String, Double> measure(int round) {
      Map<String, Double> measures = new HashMap<>(cycles.measure(round));
      try {
        Trial.this.measure(round, model);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while newcomers were speaking", e);
      }
      double satisfaction =
          SimulationReport.of(measuredLog(round)).generations().getFirst().satisfaction();
      measures.put("newcomers", satisfaction);
      generations.accept(
          who()
              + ", generation "
              + round
              + ": newcomers' satisfaction "
              + known(satisfaction, "%.3f")
              + known(measures.get("mt_bench_style"), ", grade %.2f of 10")
              + known(measures.get("kl_first"), ", KL from the first %.3f"));
      return measures;
    }

    @Override
    public void restore(Outcome last) {
      cycles.restore(last);
    }
  }

  private void measure(int round, ChatModel model) throws InterruptedException {
    Scenario now = measured.asOf(round * size.steps());
    var config =
        config(measuredLog(round).getFileName().toString(), size.newcomers(), size.questions(), 0);
    new Simulation(now, config, model, null, surroundings(), Trial::quiet).run();
  }

  private static double share(List<Boolean> right) {
    return right.isEmpty()
        ? 0
        : (double) right.stream().filter(each -> each).count() / right.size();
  }

  private Path measuredLog(int round) {
    return folder.resolve("measured-" + round + ".jsonl");
  }

  private SimulationConfig config(String log, int cells, int steps, int evolveEvery) {
    return new SimulationConfig(
        cells,
        steps,
        seed,
        evolveEvery,
        CHECKPOINT_EVERY,
        Sampling.chat(0, MAX_REPLY).withTemperature(TEMPERATURE),
        folder.resolve(log),
        CONCURRENCY,
        0,
        null);
  }

  private static Surroundings surroundings() {
    return new Surroundings(HeardWishes::new, null);
  }

  private static void quiet(Progress progress) {}

  private String who() {
    return arm.name() + ", seed " + seed;
  }

  private static String known(@Nullable Double value, String format) {
    return value == null ? "" : String.format(Locale.ROOT, format, value);
  }

  private Point point(int round, Generation learnt) {
    SimulationReport report = SimulationReport.of(measuredLog(round));
    Generation met = report.generations().getFirst();
    Map<String, List<Double>> byPerson = new TreeMap<>();
    List<Boolean> right = new ArrayList<>();
    List<Boolean> early = new ArrayList<>();
    for (SimulationReport.Person each : report.people()) {
      if (each.by().equals(NEWCOMER)) {
        byPerson.put(String.format(Locale.ROOT, "%03d", each.cell()), each.satisfaction());
        right.addAll(each.right());
        early.addAll(each.right().subList(0, Math.min(EARLY, each.right().size())));
      }
    }
    Map<String, Double> measures = new HashMap<>(learnt.weights());
    measures.putAll(learnt.measures());
    return new Point(
        arm.name(),
        seed,
        round,
        round * size.steps() * size.agents(),
        met.model(),
        byPerson.values().stream().flatMap(List::stream).mapToDouble(d -> d).average().orElse(0),
        met.form(),
        share(right),
        met.words(),
        met.distinct2(),
        met.selfBleu(),
        met.foreignPerReply(),
        met.leaks(),
        share(early),
        learnt.promoted(),
        learnt.note(),
        measures,
        byPerson);
  }
}

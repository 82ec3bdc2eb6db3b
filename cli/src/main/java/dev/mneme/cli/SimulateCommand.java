package dev.mneme.cli;

import dev.mneme.agent.ChatModel;
import dev.mneme.agent.sim.Progress;
import dev.mneme.agent.sim.Scenario;
import dev.mneme.agent.sim.Simulation;
import dev.mneme.agent.sim.SimulationConfig;
import dev.mneme.agent.sim.SimulationReport;
import dev.mneme.agent.sim.Surroundings;
import dev.mneme.cli.evolve.SimulationEvolution;
import dev.mneme.cli.preferences.HeardWishes;
import dev.mneme.data.ProcessMemory;
import dev.mneme.data.Sampling;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "simulate",
    description = {
      "Let simulated people talk with many agents on one model, and measure whether it gets"
          + " better.",
      "Scenarios that ship: tutoring, household-assistant, support-desk, debate, population; or a"
          + " YAML file. A run that was interrupted goes on when the same command is given again."
    })
final class SimulateCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "SCENARIO", description = "A shipped scenario or a YAML file.")
  String scenario = "";

  @Option(
      names = "--agents",
      paramLabel = "N",
      description = "Copies of the scenario's people and agents (default: ${DEFAULT-VALUE}).")
  int agents = 16;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Exchanges of each (default: ${DEFAULT-VALUE}).")
  int steps = 50;

  @Option(
      names = "--evolve-every",
      paramLabel = "N",
      description = "Run a cycle after every so many steps (default: never).")
  int evolveEvery;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      description = "Write the log after every so many steps (default: ${DEFAULT-VALUE}).")
  int checkpointEvery = 5;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Root of everything random (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description =
          "Who answers: a registered checkpoint, a folder, scripted:FILE or an endpoint (default:"
              + " the active one). With --evolve-every it has to be the active one.")
  String model = "active";

  @Option(
      names = "--people-model",
      paramLabel = "NAME",
      description = "Who finds the words of people whose scenario says 'speech: model'.")
  @Nullable String peopleModel;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "How replies are drawn (default: ${DEFAULT-VALUE}).")
  double temperature = 0.7;

  @Option(
      names = "--max-reply",
      paramLabel = "TOKENS",
      description = "Longest reply (default: ${DEFAULT-VALUE}).")
  int maxReply = 64;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "Agents that may wait for the model at once (default: ${DEFAULT-VALUE}).")
  int concurrency = 64;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Stop after so many tokens, read and written (default: no bound).")
  long maxTokens;

  @Option(
      names = "--max-wall",
      paramLabel = "MINUTES",
      description = "Stop after so long (default: no bound).")
  @Nullable Double maxWall;

  @Option(
      names = "--no-grade",
      description =
          "With --evolve-every, leave out our 80 prompts and the distance from the first"
              + " checkpoint.")
  boolean notGraded;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where log and report go (default: a folder in the data directory's runs).")
  @Nullable Path out;

  @Option(
      names = "--report-only",
      description = "Only write the report of an existing log again; no model is needed.")
  boolean reportOnly;

  @Option(names = "--json", description = "Print the generations as JSON.")
  boolean json;

  /** Written by the run's own thread and its ticker; at worst a line is shown twice. */
  private volatile int shownStep = -1;

  @Override
  public Integer call() throws InterruptedException {
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      Path folder = out == null ? bench.home().runs().resolve(name()) : out;
      Path log = folder.resolve("events.jsonl");
      if (!reportOnly) {
        run(bench, folder, log);
      } else if (!Files.exists(log)) {
        throw new UserError("there is no log " + log + " to report");
      }
      report(folder, log);
      return ExitCodes.OK;
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    } catch (UncheckedIOException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.FAILURE, e);
    }
  }

  private String name() {
    String base = scenario.replaceAll(".*/", "").replaceAll("\\.ya?ml$", "");
    return "simulate-" + base + "-" + agents + "x" + steps + "-" + evolveEvery + "-s" + seed;
  }

  private void run(Workbench bench, Path folder, Path log) throws InterruptedException {
    Scenario loaded = Scenario.load(scenario);
    var config =
        new SimulationConfig(
            agents,
            steps,
            seed,
            evolveEvery,
            checkpointEvery,
            Sampling.chat(0, maxReply).withTemperature(temperature),
            log,
            concurrency,
            maxTokens,
            maxWall == null ? null : Duration.ofSeconds((long) (maxWall * 60)));
    if (peopleModel == null) {
      run(bench, folder, loaded, config, null);
    } else {
      try (ChatModel people = bench.models().open(peopleModel)) {
        run(bench, folder, loaded, config, people);
      }
    }
  }

  private void run(
      Workbench bench,
      Path folder,
      Scenario loaded,
      SimulationConfig config,
      @Nullable ChatModel people)
      throws InterruptedException {
    var surroundings = new Surroundings(HeardWishes::new, people);
    if (evolveEvery == 0) {
      try (ChatModel chat = bench.models().open(model)) {
        finish(new Simulation(loaded, config, chat, null, surroundings, this::show).run());
      }
      return;
    }
    if (!model.equals("active")) {
      throw new UserError("--evolve-every trains the active checkpoint; leave --model out");
    }
    try (var evolution =
            SimulationEvolution.open(bench, folder, loaded.start(), null, !notGraded, this::line);
        ChatModel chat = evolution.model()) {
      finish(new Simulation(loaded, config, chat, evolution, surroundings, this::show).run());
    }
  }

  private void finish(String why) {
    String end = why.equals("finished") ? "finished" : "stopped by " + why + "; run again to go on";
    OptionalLong peak = ProcessMemory.peakBytes();
    line(
        peak.isPresent()
            ? String.format(Locale.ROOT, "%s; peak memory %.1f GB", end, peak.getAsLong() / 1e9)
            : end);
  }

  private void report(Path folder, Path log) {
    SimulationReport report = SimulationReport.of(log);
    Path page = folder.resolve("report.html");
    report.write(page);
    if (json) {
      Output.json(spec, report.generations());
    } else {
      Output.out(spec).print(report.table());
      Output.out(spec).flush();
    }
    line("report: " + page);
  }

  /** A line for every step that all have passed, however often the run says where it is. */
  private void show(Progress now) {
    if (now.step() == shownStep) {
      return;
    }
    shownStep = now.step();
    line(
        String.format(
            Locale.ROOT,
            "step %d/%d  %.1f agent-steps/s  %.0f tok/s read  %.0f tok/s written  satisfaction %.2f"
                + "  %d stopped  %s left",
            now.step(),
            now.steps(),
            now.agentStepsPerSecond(),
            now.promptTokensPerSecond(),
            now.replyTokensPerSecond(),
            now.satisfaction(),
            now.failedCells(),
            Output.time(now.left())));
  }

  private void line(String text) {
    PrintWriter err = Output.err(spec);
    err.println(text);
    err.flush();
  }
}

package dev.mneme.cli;

import dev.mneme.cli.evolve.Evolution;
import dev.mneme.cli.evolve.PairedPromotionGate;
import dev.mneme.cli.evolve.Watch;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.dpo.cycle.CycleRecord;
import dev.mneme.dpo.cycle.PromotionGate;
import dev.mneme.dpo.cycle.TrainingSet;
import dev.mneme.dpo.train.DpoConfig;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "evolve",
    description =
        "Learn from the feedback in memory: extract, train, compare, promote only what is better.")
final class EvolveCommand implements Callable<Integer> {
  private static final int SHOWN_PAIRS = 10;
  private static final int WATCH_MINUTES = 60;

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(names = "--cycles", paramLabel = "N", description = "How many cycles (default: 1).")
  int cycles = 1;

  @Option(names = "--dry-run", description = "Show what a cycle would train on; train nothing.")
  boolean dryRun;

  @Option(
      names = "--watch",
      description =
          "Stay, and run a cycle whenever enough new evidence came and the machine is idle.")
  boolean watch;

  @Option(
      names = "--min-new-pairs",
      paramLabel = "N",
      description = "With --watch: new pairs that start a cycle (default: ${DEFAULT-VALUE}).")
  int minNewPairs = 16;

  @Option(
      names = "--poll",
      paramLabel = "SECONDS",
      description = "With --watch: how often to look (default: ${DEFAULT-VALUE}).")
  int pollSeconds = 60;

  @Option(
      names = "--max-minutes",
      paramLabel = "N",
      description =
          "Training ends after so long with what it has learnt (default: 60 with --watch, else"
              + " training.maxMinutes).")
  @Nullable Double maxMinutes;

  @Option(
      names = "--max-memory",
      paramLabel = "MB",
      description =
          "With --watch: do not begin when training needs more (default: ${DEFAULT-VALUE}).")
  long maxMemory = 4096;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() throws InterruptedException {
    if (maxMinutes != null && !(maxMinutes > 0)) {
      throw new UserError(
          "--max-minutes must be positive, got " + maxMinutes, ExitCodes.USAGE, null);
    }
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      var evolution = new Evolution(bench, budgeted(bench.config().training()), this::progress);
      if (dryRun) {
        return showPlan(evolution);
      }
      return watch ? watch(evolution) : run(evolution, cycles);
    }
  }

  private DpoConfig budgeted(DpoConfig training) {
    if (maxMinutes != null) {
      return training.toBuilder().maxMinutes(maxMinutes).build();
    }
    return watch && training.maxMinutes() == 0
        ? training.toBuilder().maxMinutes(WATCH_MINUTES).build()
        : training;
  }

  private void progress(String line) {
    PrintWriter err = Output.err(spec);
    err.println(line);
    err.flush();
  }

  private int run(Evolution evolution, int times) {
    CycleRecord.Outcome last = CycleRecord.Outcome.NOTHING_TO_LEARN;
    for (int i = 0; i < times; i++) {
      CycleRecord record = evolution.cycle();
      show(record);
      last = record.outcome();
      if (last == CycleRecord.Outcome.NOTHING_TO_LEARN) {
        break;
      }
    }
    return switch (last) {
      case PROMOTED, DRY_RUN, RUNNING -> ExitCodes.OK;
      case REJECTED -> ExitCodes.GATE;
      case NOTHING_TO_LEARN -> ExitCodes.NOTHING_TO_LEARN;
    };
  }

  private int watch(Evolution evolution) throws InterruptedException {
    long needed = evolution.memoryNeeded() >> 20;
    if (needed > maxMemory) {
      throw new UserError(
          "training the active model needs about "
              + needed
              + " MB and --max-memory allows "
              + maxMemory
              + "; allow more",
          ExitCodes.USAGE,
          null);
    }
    progress("Watching; Ctrl-C ends it.");
    if (load() < 0) {
      progress("This system does not tell its load: every moment counts as idle.");
    }
    var watching =
        new Watch(
            minNewPairs,
            evolution.lastTrainedPairs(),
            evolution::plan,
            plan -> show(evolution.cycle(plan)),
            EvolveCommand::idle,
            this::progress);
    while (true) {
      watching.look();
      Thread.sleep(Duration.ofSeconds(pollSeconds));
    }
  }

  /** Less than half of a core's worth of work per core over the last minute. */
  private static boolean idle() {
    return load() / Runtime.getRuntime().availableProcessors() < 0.5;
  }

  /** Negative where the system does not tell. */
  private static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private int showPlan(Evolution evolution) {
    TrainingSet plan = evolution.plan();
    String nothing = evolution.nothingToLearn(plan);
    if (json) {
      Map<String, Object> value = new LinkedHashMap<>();
      value.put("plan", plan);
      value.put("nothing_to_learn", nothing);
      Output.json(spec, value);
      return ExitCodes.OK;
    }
    PrintWriter out = Output.out(spec);
    out.printf(
        Locale.ROOT,
        "A cycle now would train on %d pairs and %d replies and hold out %d pairs"
            + " (memory at change %d).%n",
        plan.trainPairs().size(),
        plan.replies().size(),
        plan.heldOutPairs().size(),
        plan.memorySequence());
    plan.dropped()
        .forEach((reason, n) -> out.printf(Locale.ROOT, "  left out: %d, %s%n", n, reason));
    List<PreferencePair> heaviest =
        plan.trainPairs().stream()
            .sorted((a, b) -> Double.compare(b.weight().total(), a.weight().total()))
            .limit(SHOWN_PAIRS)
            .toList();
    for (PreferencePair pair : heaviest) {
      out.printf(
          Locale.ROOT,
          "  %.2f  %s%n        + %s%n        - %s%n",
          pair.weight().total(),
          shorten(Message.request(pair.prompt())),
          shorten(pair.chosen().getLast().content()),
          shorten(pair.rejected().getLast().content()));
    }
    if (nothing != null) {
      out.println("It would end at once: " + nothing + ".");
    }
    return ExitCodes.OK;
  }

  private void show(CycleRecord record) {
    if (json) {
      Output.json(spec, record);
      return;
    }
    PrintWriter out = Output.out(spec);
    out.println(record.id() + ": " + record.outcome() + ": " + record.reason());
    PromotionGate.Verdict verdict = record.verdict();
    if (verdict != null) {
      verdict.checks().forEach(check -> out.println("  " + PairedPromotionGate.describe(check)));
    }
    out.flush();
  }

  private static String shorten(String text) {
    String line = text.replaceAll("\\s+", " ").strip();
    return line.length() <= 100 ? line : line.substring(0, 97) + "...";
  }
}

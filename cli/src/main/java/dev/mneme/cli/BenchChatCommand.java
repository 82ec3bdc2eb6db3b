package dev.mneme.cli;

import dev.mneme.agent.AgentEvent;
import dev.mneme.agent.AgentSession;
import dev.mneme.agent.Cancellation;
import dev.mneme.agent.Persona;
import dev.mneme.agent.tool.PermissionAsker;
import dev.mneme.cli.chat.StepTiming;
import dev.mneme.data.FileTrees;
import dev.mneme.data.Hashes;
import dev.mneme.data.Percentile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * One long session of the whole agent: what memory, prompt and logging cost around the model, and
 * whether turn 1,000 is as fast and as small as turn 100.
 */
@Command(
    name = "chat",
    description =
        "Hold one session of many exchanges in a data directory of its own: time a turn in and"
            + " around the model, and the heap after collection. A message comes 50 ms after the"
            + " reply before it.")
final class BenchChatCommand implements Callable<Integer> {
  private static final List<String> PEOPLE =
      List.of("Ana", "Bruno", "Clara", "Davi", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas");
  private static final List<String> KIN =
      List.of("sister", "brother", "neighbour", "doctor", "colleague", "cousin", "teacher", "aunt");
  private static final List<String> PLACES =
      List.of("Lisbon", "Oslo", "Turin", "Quito", "Kyoto", "Galway", "Tunis", "Graz", "Perth");
  private static final List<String> THINGS =
      List.of("a red bicycle", "two cats", "an old piano", "a garden", "a small boat", "a loom");

  /** Nobody types the next message sooner; what is done behind a reply is done by then. */
  private static final Duration PAUSE = Duration.ofMillis(50);

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "A folder, scripted:FILE, URL#NAME, or active: the starter (default).")
  @Nullable String model;

  @Option(
      names = "--turns",
      defaultValue = "1000",
      description = "Exchanges in the session (default: ${DEFAULT-VALUE}).")
  int turns;

  @Option(
      names = "--max-tokens",
      defaultValue = "16",
      description = "Longest reply (default: ${DEFAULT-VALUE}).")
  int maxTokens;

  @Option(names = "--seed", defaultValue = "1", description = "Of the words and the replies.")
  long seed;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  /**
   * What a stretch of the session took, in milliseconds, and the heap behind it.
   *
   * @param upTo the last exchange of it
   * @param around p50 of the time around the model
   * @param around99 its p99
   * @param total p50 of the whole turn
   * @param heapMegabytes live heap after a collection
   */
  record Stretch(int upTo, double around, double around99, double total, double heapMegabytes) {}

  @Override
  public Integer call() throws IOException {
    if (turns < 1 || maxTokens < 1) {
      throw new UserError("--turns and --max-tokens must be positive");
    }
    Path home = Files.createTempDirectory("mneme-bench-chat");
    try {
      List<Stretch> stretches = measure(new Home(home));
      if (json) {
        Output.json(spec, stretches);
      } else {
        print(stretches);
      }
      return ExitCodes.OK;
    } finally {
      FileTrees.delete(home);
    }
  }

  private List<Stretch> measure(Home home) {
    var config = GlobalOptions.of(spec).config().withMaxTokens(maxTokens);
    RandomGenerator random = new Random(Hashes.subSeed(seed, "bench-chat"));
    List<Stretch> stretches = new ArrayList<>();
    try (Workbench bench = Workbench.at(home, config, InstantSource.system())) {
      var host = new WorkbenchChatHost(bench, model, seed);
      AgentSession session =
          host.agent(Persona.DEFAULT, PermissionAsker.nobody()).open(host.scope("bench"));
      List<StepTiming> timings = new ArrayList<>();
      for (int turn = 1; turn <= turns; turn++) {
        timings.add(say(session, sentence(random)));
        LockSupport.parkNanos(PAUSE.toNanos());
        if (turn == 10 || turn == 100 || turn % 500 == 0 || turn == turns) {
          stretches.add(stretch(turn, timings));
          timings.clear();
          Output.err(spec).println("mneme: " + turn + " of " + turns + " exchanges");
          Output.err(spec).flush();
        }
      }
    }
    return stretches;
  }

  private static StepTiming say(AgentSession session, String sentence) {
    long began = System.nanoTime();
    session.say(
        sentence,
        event -> {
          if (event instanceof AgentEvent.Failed failed) {
            throw new UserError(failed.reason(), ExitCodes.FAILURE, null);
          }
        },
        new Cancellation());
    return StepTiming.of(session, System.nanoTime() - began);
  }

  /** Mostly things told, as people do, and questions about them. */
  private static String sentence(RandomGenerator random) {
    String who = "my " + pick(KIN, random) + " " + pick(PEOPLE, random);
    return switch (random.nextInt(5)) {
      case 0 -> "Where does " + who + " live?";
      case 1 -> "What does " + who + " have?";
      case 2 -> "Did you know that " + who + " has " + pick(THINGS, random) + "?";
      case 3 -> who + " has " + pick(THINGS, random) + " in " + pick(PLACES, random) + ".";
      default -> who + " moved to " + pick(PLACES, random) + " last month.";
    };
  }

  private static String pick(List<String> from, RandomGenerator random) {
    return from.get(random.nextInt(from.size()));
  }

  private static Stretch stretch(int upTo, List<StepTiming> timings) {
    return new Stretch(
        upTo,
        quantile(timings.stream().mapToDouble(StepTiming::aroundMillis), 0.5),
        quantile(timings.stream().mapToDouble(StepTiming::aroundMillis), 0.99),
        quantile(timings.stream().mapToDouble(StepTiming::totalMillis), 0.5),
        heapMegabytes());
  }

  private static double quantile(DoubleStream values, double q) {
    return Percentile.nearestRank(values.sorted().toArray(), q);
  }

  private static double heapMegabytes() {
    // Twice: what the first collection only queues (references, cleaners) the second frees.
    System.gc();
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6;
  }

  private void print(List<Stretch> stretches) {
    var out = Output.out(spec);
    out.println("up to    around p50   around p99   turn p50   heap after GC");
    for (Stretch each : stretches) {
      out.printf(
          Locale.ROOT,
          "%5d  %9.1f ms %9.1f ms %7.1f ms %9.1f MB%n",
          each.upTo(),
          each.around(),
          each.around99(),
          each.total(),
          each.heapMegabytes());
    }
    out.flush();
  }
}

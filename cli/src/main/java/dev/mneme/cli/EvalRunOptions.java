package dev.mneme.cli;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.data.Sampling;
import dev.mneme.evals.AgentSubject;
import dev.mneme.evals.EvalException;
import dev.mneme.evals.EvalRecord;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalRunner;
import dev.mneme.evals.EvalSummary;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.Progress;
import dev.mneme.evals.RunSettings;
import dev.mneme.evals.report.TextReport;
import dev.mneme.evals.report.Threshold;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What every command that runs a task takes, and how it runs one. */
final class EvalRunOptions {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      defaultValue = "active",
      description =
          "Who is asked: active (the default), a checkpoint's name, a folder, scripted:FILE,"
              + " endpoint, or URL#MODEL.")
  String model = "active";

  @Option(
      names = "--agent",
      description =
          "Ask the model as an agent: with its system message, the built-in tools, and for each"
              + " item a memory of its own. Prompts that lay these out themselves stay as they"
              + " are.")
  boolean agent;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where runs are kept (default: evals in the data directory).")
  @Nullable Path out;

  @Option(names = "--first-n", paramLabel = "N", description = "Only the first N items.")
  @Nullable Integer firstN;

  @Option(
      names = "--samples",
      paramLabel = "ID",
      split = ",",
      description = "Only the items with these ids.")
  Set<String> samples = Set.of();

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "1",
      description = "Ask each item N times, each with a seed of its own (default: 1).")
  int epochs = 1;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Stop when prompts and replies have N tokens in all.")
  @Nullable Long maxTokens;

  @Option(
      names = "--max-wall",
      paramLabel = "SECONDS",
      description = "Stop after this many seconds. Run again to go on.")
  @Nullable Long maxWallSeconds;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "16",
      description = "Items under way at once (default: 16).")
  int parallel = 16;

  @Option(
      names = "--reply-tokens",
      paramLabel = "N",
      description = "Longest reply, in tokens (default: 256; 1024 for ifeval and mt-bench).")
  @Nullable Integer replyTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "Sampling temperature (default: the task's own).")
  @Nullable Double temperature;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Of all draws.")
  long seed;

  @Option(
      names = "--retries",
      paramLabel = "N",
      defaultValue = "3",
      description = "How often a failure that may pass is tried again (default: 3).")
  int retries = 3;

  @Option(
      names = "--threshold",
      paramLabel = "FIGURE>=N",
      description = "Exit with 3 unless the figure reaches N, for example grade>=5. Repeatable.")
  List<String> thresholds = List.of();

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Option(names = "--markdown", description = "Print as Markdown.")
  boolean markdown;

  Path root(Workbench bench) {
    return out == null ? bench.home().dir().resolve("evals") : out;
  }

  RunSettings settings(int usualReplyTokens) {
    thresholds(); // a misspelt one is to be known before the run, not after it
    try {
      Sampling sampling =
          Sampling.greedy(replyTokens == null ? usualReplyTokens : replyTokens)
              .withTemperature(temperature == null ? 0 : temperature)
              .withSeed(seed);
      return new RunSettings(
          sampling,
          epochs,
          firstN,
          samples,
          maxTokens,
          maxWallSeconds == null ? null : Duration.ofSeconds(maxWallSeconds),
          parallel,
          retries,
          Duration.ofSeconds(1));
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
  }

  /** The same settings for all items of a task. */
  RunSettings unlimited(int usualReplyTokens) {
    RunSettings limited = settings(usualReplyTokens);
    return new RunSettings(
        limited.sampling(),
        1,
        null,
        Set.of(),
        null,
        null,
        limited.parallelism(),
        limited.retries(),
        limited.backOff());
  }

  /** The subject; the caller closes it. */
  ChatModel open(Workbench bench) {
    ChatModel opened = bench.models().open(model);
    return agent ? new AgentSubject(opened) : opened;
  }

  /** Runs the task with the named model and prints what came; returns the exit code. */
  int run(CommandSpec spec, EvalTask task, int usualReplyTokens) {
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec));
        ChatModel chatModel = open(bench)) {
      EvalRun run = run(spec, bench, task, chatModel, settings(usualReplyTokens));
      return print(spec, run, List.of());
    }
  }

  /** Runs the task; progress goes to stderr. */
  EvalRun run(
      CommandSpec spec, Workbench bench, EvalTask task, ChatModel subject, RunSettings settings) {
    try {
      return new EvalRunner(root(bench), Clock.systemUTC())
          .run(task, subject, settings, new Cancellation(), progress(spec, task.name()));
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    } catch (EvalException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.FAILURE, e);
    }
  }

  /**
   * What a command prints beside a run's figures.
   *
   * @param name its key in the JSON
   * @param value in the JSON
   * @param text on paper, as lines or a table
   */
  record Extra(String name, Object value, Function<TextReport, String> text) {
    static Extra line(String name, String value) {
      return new Extra(name, value, report -> report.note(name + ": " + value));
    }
  }

  /** Prints a run's figures and what else there is, and decides the exit code. */
  int print(CommandSpec spec, EvalRun run, List<Extra> more) {
    EvalSummary summary = EvalSummary.of(run, seed);
    boolean hidden = summary.info().needsJudge() && summary.info().judge() == null;
    // A threshold must not tell what is not shown.
    List<String> failures = hidden ? List.of() : failures(summary);
    if (json) {
      var value = new LinkedHashMap<String, Object>();
      value.put("run", run.directory().toString());
      if (hidden) {
        value.put("hidden", "the judge has no score on LLMBar; run `mneme eval llmbar` with it");
      } else {
        value.put("summary", summary);
      }
      more.forEach(each -> value.put(each.name(), each.value()));
      value.put("failed_thresholds", failures);
      Output.json(spec, value);
    } else {
      PrintWriter out = Output.out(spec);
      TextReport report = markdown ? TextReport.markdown() : TextReport.terminal();
      out.print(report.render(summary));
      more.forEach(each -> out.print(each.text().apply(report)));
      out.print(report.note("Kept in " + run.directory()));
      out.flush();
    }
    failures.forEach(each -> Output.err(spec).println("threshold not met: " + each));
    Output.err(spec).flush();
    return run.errors() > 0
        ? ExitCodes.FAILURE
        : hidden || !failures.isEmpty() ? ExitCodes.GATE : ExitCodes.OK;
  }

  private List<String> failures(EvalSummary summary) {
    try {
      return thresholds().stream()
          .map(each -> each.failure(summary))
          .flatMap(Optional::stream)
          .toList();
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
  }

  private List<Threshold> thresholds() {
    try {
      return thresholds.stream().map(Threshold::parse).toList();
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
  }

  private static Progress progress(CommandSpec spec, String task) {
    PrintWriter err = Output.err(spec);
    return (int done, int total, EvalRecord latest) -> {
      if (done == total || done % Math.max(1, total / 20) == 0) {
        err.println(task + " " + done + "/" + total);
        err.flush();
      }
      if (latest.error() != null) {
        err.println(task + " " + latest.item() + ": " + latest.error());
        err.flush();
      }
    };
  }
}

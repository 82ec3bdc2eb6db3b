package dev.mneme.cli;

import dev.mneme.cli.experiment.Arm;
import dev.mneme.cli.experiment.Experiment;
import dev.mneme.cli.experiment.ExperimentRun;
import dev.mneme.cli.experiment.Results;
import dev.mneme.cli.experiment.Size;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How large an experiment is, and where its results go; the same for all of them. */
final class ExperimentOptions {
  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = {
        "How many seeds (default: ${DEFAULT-VALUE}); what others left in the folder is reported"
            + " with them."
      })
  int seeds = 5;

  @Option(
      names = "--first-seed",
      paramLabel = "N",
      description = "The first of them (default: ${DEFAULT-VALUE}).")
  long firstSeed = 1;

  @Option(
      names = {"--generations", "--rounds"},
      paramLabel = "N",
      description = "Cycles of each trial (default: ${DEFAULT-VALUE}).")
  int generations = 4;

  @Option(
      names = "--agents",
      paramLabel = "N",
      description = "People learnt from (default: ${DEFAULT-VALUE}).")
  int agents = 16;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "What each of them says in a generation (default: ${DEFAULT-VALUE}).")
  int steps = 15;

  @Option(
      names = "--newcomers",
      paramLabel = "N",
      description = "People measured with (default: ${DEFAULT-VALUE}).")
  int newcomers = 12;

  @Option(
      names = "--questions",
      paramLabel = "N",
      description = "What each of those says (default: 12; population 24).")
  @Nullable Integer questions;

  @Option(
      names = "--arms",
      split = ",",
      paramLabel = "ARM",
      description = {
        "Run only these conditions now, by the names of their folders (20-no-gate for '20 %%, no"
            + " gate'); what others left in the folder is reported with them (default: all)."
      })
  List<String> arms = List.of();

  @Option(
      names = "--no-grade",
      description = "Leave out our 80 prompts and the distance from the first checkpoint.")
  boolean notGraded;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where results go (default: a folder in the data directory's runs).")
  @Nullable Path out;

  @Option(names = "--json", description = "Print every measurement as JSON.")
  boolean json;

  /** Runs an experiment and prints its summary. */
  int run(CommandSpec spec, Experiment experiment, int usualQuestions) throws InterruptedException {
    GlobalOptions options = GlobalOptions.of(spec);
    try {
      var size =
          new Size(
              experiment.learns() ? generations : 0,
              agents,
              steps,
              newcomers,
              questions == null ? usualQuestions : questions,
              !notGraded);
      Path folder =
          out == null
              ? options.home().create().runs().resolve("experiment-" + experiment.name())
              : out;
      Results results =
          new ExperimentRun(
                  experiment, size, seeds(), wanted(experiment), folder, options, line(spec))
              .run();
      if (json) {
        Output.json(spec, results.points());
      } else {
        Output.out(spec).print(results.markdown());
        Output.out(spec).flush();
      }
      line(spec).accept("results: " + folder);
      return ExitCodes.OK;
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    } catch (UncheckedIOException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.FAILURE, e);
    }
  }

  private List<Long> seeds() {
    if (seeds < 1) {
      throw new IllegalArgumentException("--seeds must be at least 1, got " + seeds);
    }
    return LongStream.range(firstSeed, firstSeed + seeds).boxed().toList();
  }

  private List<Arm> wanted(Experiment experiment) {
    List<String> known = experiment.arms().stream().map(Arm::slug).toList();
    for (String each : arms) {
      if (!known.contains(each)) {
        throw new IllegalArgumentException(
            "--arms: there is no arm \"" + each + "\"; there are " + String.join(", ", known));
      }
    }
    return experiment.arms().stream()
        .filter(each -> arms.isEmpty() || arms.contains(each.slug()))
        .toList();
  }

  private static Consumer<String> line(CommandSpec spec) {
    return text -> {
      Output.err(spec).println(text);
      Output.err(spec).flush();
    };
  }
}

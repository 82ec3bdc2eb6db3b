package dev.mneme.cli.experiment;

import dev.mneme.cli.GlobalOptions;
import dev.mneme.cli.UserError;
import dev.mneme.cli.Workbench;
import dev.mneme.cli.config.ConfigException;
import dev.mneme.cli.config.ConfigLoader;
import dev.mneme.data.FileTrees;
import dev.mneme.data.Hashes;
import dev.mneme.data.JsonLines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs an experiment's trials one after the other and keeps what they found.
 *
 * <p>A finished trial leaves {@code points.jsonl} and is never run again; its checkpoints, which
 * can be made again from the seed, are deleted. An unfinished one goes on from its last barrier.
 */
public final class ExperimentRun {
  private static final Pattern SEED_FOLDER = Pattern.compile("seed-(-?\\d{1,18})");

  private final Experiment experiment;
  private final Size size;
  private final List<Long> seeds;
  private final List<Arm> wanted;
  private final Path folder;
  private final GlobalOptions options;
  private final Consumer<String> progress;
  private final Pace pace;

  /**
   * @param seeds to run now; what others left in the folder is reported with them
   * @param wanted the arms to run now, likewise
   * @param folder of the results; made
   * @param options of the command line: home and settings
   * @param progress receives lines for people
   */
  public ExperimentRun(
      Experiment experiment,
      Size size,
      List<Long> seeds,
      List<Arm> wanted,
      Path folder,
      GlobalOptions options,
      Consumer<String> progress) {
    this.experiment = experiment;
    this.size = size;
    this.seeds = List.copyOf(seeds);
    this.wanted = List.copyOf(wanted);
    this.folder = folder;
    this.options = options;
    this.progress = progress;
    this.pace =
        new Pace(
            seeds.size() * wanted.stream().mapToInt(this::generations).sum(), System::nanoTime);
  }

  /** Every point of every trial, in order of seed and arm. */
  public Results run() throws InterruptedException {
    claim();
    for (long seed : seeds) {
      for (Arm arm : wanted) {
        if (Files.exists(found(arm, seed))) {
          pace.found(generations(arm));
        } else {
          trial(arm, seed);
          // After every trial, so that a long run can be read while it goes on.
          results().write(folder);
        }
      }
      if (experiment.arms().stream().allMatch(arm -> Files.exists(found(arm, seed)))) {
        FileTrees.discard(evals(seed));
      }
    }
    Results results = results();
    results.write(folder);
    return results;
  }

  /** What has been found so far, by this run and those before it. */
  private Results results() {
    List<Point> points = new ArrayList<>();
    SortedSet<Long> begun = begun();
    for (long seed : begun) {
      for (Arm arm : experiment.arms()) {
        Path found = found(arm, seed);
        if (Files.exists(found)) {
          points.addAll(JsonLines.readAll(found, Point.class));
        }
      }
    }
    List<String> common =
        Stream.of(Experiment.SETTINGS, options.settings()).flatMap(List::stream).toList();
    return new Results(experiment, size, begun, common, points);
  }

  /** The seeds of this run and of those before it in this folder. */
  private SortedSet<Long> begun() {
    SortedSet<Long> all = new TreeSet<>(seeds);
    try (Stream<Path> entries = Files.list(folder)) {
      entries
          .map(each -> SEED_FOLDER.matcher(each.getFileName().toString()))
          .filter(Matcher::matches)
          .forEach(name -> all.add(Long.parseLong(name.group(1))));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + folder, e);
    }
    return all;
  }

  /** What {@link Pace} counts of a trial. */
  private int generations(Arm arm) {
    return arm.learns() ? size.generations() + 1 : 1;
  }

  private Path seedFolder(long seed) {
    return folder.resolve("seed-" + seed);
  }

  private Path trialFolder(Arm arm, long seed) {
    return seedFolder(seed).resolve(arm.slug());
  }

  private Path found(Arm arm, long seed) {
    return trialFolder(arm, seed).resolve("points.jsonl");
  }

  /** What checkpoints answered when they were graded: the first one is the same in every trial. */
  private Path evals(long seed) {
    return seedFolder(seed).resolve("evals");
  }

  private void trial(Arm arm, long seed) throws InterruptedException {
    Path trial = trialFolder(arm, seed);
    progress.accept(pace + " " + arm.name() + ", seed " + seed + ": " + arm.says());
    List<Point> points;
    try (Workbench bench =
        Workbench.at(options.home(), config(arm).config(), InstantSource.system())) {
      points =
          new Trial(
                  arm,
                  seed,
                  size,
                  experiment.people(size),
                  experiment.measured(size),
                  trial,
                  evals(seed),
                  this::measured,
                  progress)
              .run(bench);
    }
    var text = new StringBuilder();
    points.forEach(each -> text.append(JsonLines.line(each)));
    write(found(arm, seed), text.toString());
    FileTrees.discard(trial.resolve("home"));
  }

  private void measured(String what) {
    pace.ran();
    progress.accept(pace + " " + what);
  }

  /** Ours, then the person's, then the arm's: the last one said wins. */
  private List<String> settings(Arm arm) {
    return Stream.of(Experiment.SETTINGS, options.settings(), arm.settings())
        .flatMap(List::stream)
        .toList();
  }

  private ConfigLoader.Resolved config(Arm arm) {
    try {
      return ConfigLoader.load(options.home().configFile(), settings(arm));
    } catch (ConfigException e) {
      throw new UserError(String.valueOf(e.getMessage()));
    }
  }

  /**
   * A folder belongs to one experiment of one size under one configuration and model. Seeds and
   * arms can be added to it, because no trial knows of another.
   */
  private void claim() {
    String what;
    try (Workbench bench =
        Workbench.at(
            options.home(),
            config(experiment.arms().getFirst()).config(),
            InstantSource.system())) {
      String model =
          bench.registry().active().map(each -> each.sha256()).orElse("no model is active");
      what =
          experiment.name()
              + " "
              + size
              + " "
              + Hashes.sha256(
                  model,
                  bench.config().toString(),
                  experiment.people(size).toString(),
                  experiment.measured(size).toString())
              + "\n";
    }
    Path mark = folder.resolve("experiment.txt");
    try {
      if (Files.exists(mark)) {
        if (!Files.readString(mark).equals(what)) {
          throw new UserError(
              folder
                  + " holds another experiment, another size, or was run with another model or"
                  + " configuration; name another folder with --out, or remove it");
        }
      } else {
        write(mark, what);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + mark, e);
    }
  }

  static void write(Path file, String text) {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(temporary, text);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }
}

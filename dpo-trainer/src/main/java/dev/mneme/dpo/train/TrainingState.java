package dev.mneme.dpo.train;

import dev.mneme.data.FileTrees;
import dev.mneme.data.Json;
import dev.mneme.dpo.registry.AtomicFiles;
import dev.mneme.model.TrainableModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Where a run stands after a step, beside what was trained and the optimizer's moments. No
 * generator is saved: order and replay are functions of the seed and of these positions.
 *
 * @param fingerprint of configuration, starting weights and data; another run's state is refused
 * @param phase {@code sft} or {@code dpo}
 * @param epoch within the phase
 * @param at items of this epoch that are done
 * @param step steps of the phase that are done
 * @param replayed replayed examples that were taken
 * @param bestValidation lowest validation loss so far; infinite before the first
 * @param worse validation losses since then
 * @param klAtStart KL to the reference where the preference phase started; null before
 * @param validationBefore validation accuracy before training
 */
record TrainingState(
    String fingerprint,
    String phase,
    int epoch,
    int at,
    int step,
    long replayed,
    @Nullable Double bestValidation,
    int worse,
    @Nullable Double klAtStart,
    double validationBefore) {
  private static final String FOLDER = "state";
  private static final String FILE = "training_state.json";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String REFERENCES = "reference-logps.jsonl";

  static TrainingState start(String fingerprint, double validationBefore) {
    return new TrainingState(fingerprint, "sft", 0, 0, 0, 0, null, 0, null, validationBefore);
  }

  /** The same run at another place. */
  TrainingState at(String newPhase, int newEpoch, int newAt, int newStep, long newReplayed) {
    return new TrainingState(
        fingerprint,
        newPhase,
        newEpoch,
        newAt,
        newStep,
        newReplayed,
        bestValidation,
        worse,
        klAtStart,
        validationBefore);
  }

  TrainingState validated(double best, int since) {
    return new TrainingState(
        fingerprint, phase, epoch, at, step, replayed, best, since, klAtStart, validationBefore);
  }

  TrainingState startedAt(double kl) {
    return new TrainingState(
        fingerprint, phase, epoch, at, step, replayed, bestValidation, worse, kl, validationBefore);
  }

  double best() {
    return bestValidation == null ? Double.POSITIVE_INFINITY : bestValidation;
  }

  /** Where the reference's log-probabilities of a run with states are kept. */
  static Path references(Path folder) {
    return folder.resolve(REFERENCES);
  }

  /**
   * Replaces the state of a run as a whole: written beside, forced to disk, renamed. A kill at any
   * moment leaves this state or the one before.
   */
  void save(Path folder, TrainableModel model) {
    Path partial = folder.resolve("." + FOLDER + ".partial");
    String name = String.format(Locale.ROOT, "%s-%s-%08d", FOLDER, phase, step);
    Path target = folder.resolve(name);
    try {
      FileTrees.delete(partial);
      Files.createDirectories(partial);
      model.saveTrained(partial);
      model.saveOptimizer(partial.resolve(OPTIMIZER));
      Files.writeString(partial.resolve(FILE), Json.mapper().writeValueAsString(this));
      FileTrees.delete(target);
      AtomicFiles.moveFolder(partial, target);
      Path current = folder.resolve("current");
      Path next = folder.resolve("current.tmp");
      Files.writeString(next, name);
      Files.move(next, current, StandardCopyOption.ATOMIC_MOVE);
      try (var entries = Files.list(folder)) {
        for (Path old : entries.filter(p -> isOld(p, name)).toList()) {
          FileTrees.delete(old);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the state of the run to " + folder, e);
    }
  }

  private static boolean isOld(Path entry, String current) {
    String name = entry.getFileName().toString();
    return name.startsWith(FOLDER + "-") && !name.equals(current);
  }

  /** The newest state of a run; null when there is none. */
  static @Nullable TrainingState find(Path folder) {
    Path current = folder.resolve("current");
    if (!Files.exists(current)) {
      return null;
    }
    try {
      Path file = folder.resolve(Files.readString(current)).resolve(FILE);
      return Json.mapper().readValue(Files.readString(file), TrainingState.class);
    } catch (IOException | JacksonException e) {
      throw new TrainingException(
          folder + " does not hold the state of a run; delete it to start anew");
    }
  }

  /** Puts weights and moments of the newest state into a model. */
  static void restore(Path folder, TrainableModel model) {
    try {
      Path state = folder.resolve(Files.readString(folder.resolve("current")));
      model.loadTrained(state);
      model.loadOptimizer(state.resolve(OPTIMIZER));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the state of the run in " + folder, e);
    }
  }
}

package dev.mneme.model.train;

import dev.mneme.data.FileTrees;
import dev.mneme.data.Json;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * Where a run stands, beside its weights and its optimizer's state. There is no generator to save:
 * the data is a function of seed and position.
 *
 * @param step optimizer steps taken
 * @param position index of the next example
 * @param tokens positions trained on
 * @param seconds wall-clock time used
 * @param skipped examples left out
 * @param bestHeldOutLoss lowest so far; infinite before the first
 * @param evaluationsSinceBest held-out losses since then
 */
record RunState(
    long step,
    long position,
    long tokens,
    double seconds,
    long skipped,
    double bestHeldOutLoss,
    int evaluationsSinceBest) {
  private static final String FILE = "training_state.json";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String PREFIX = "step-";

  static RunState start() {
    return new RunState(0, 0, 0, 0, 0, Double.MAX_VALUE, 0);
  }

  /**
   * Writes {@code run/step-N} as a whole or not at all, then removes all but the newest two.
   *
   * @param aside copies tokenizer files into the folder
   */
  Path save(Path run, TrainableModel model, Consumer<Path> aside) {
    Path folder = run.resolve(PREFIX + String.format(Locale.ROOT, "%08d", step));
    Path partial = run.resolve(".partial");
    try {
      FileTrees.delete(partial);
      Files.createDirectories(partial);
      model.save(partial);
      model.saveOptimizer(partial.resolve(OPTIMIZER));
      aside.accept(partial);
      Files.writeString(partial.resolve(FILE), Json.mapper().writeValueAsString(this));
      FileTrees.delete(folder);
      Files.move(partial, folder, StandardCopyOption.ATOMIC_MOVE);
      try (Stream<Path> all = Files.list(run)) {
        for (Path old :
            all.filter(p -> p.getFileName().toString().startsWith(PREFIX))
                .sorted(Comparator.reverseOrder())
                .skip(2)
                .toList()) {
          FileTrees.delete(old);
        }
      }
      return folder;
    } catch (IOException e) {
      throw new CheckpointException(folder + ": cannot be written (" + e + ")", e);
    }
  }

  /** The newest checkpoint of a run; null when there is none. */
  static @Nullable Path newest(Path run) {
    if (!Files.isDirectory(run)) {
      return null;
    }
    try (Stream<Path> all = Files.list(run)) {
      return all.filter(p -> p.getFileName().toString().startsWith(PREFIX))
          .filter(p -> Files.exists(p.resolve(FILE)))
          .max(Comparator.naturalOrder())
          .orElse(null);
    } catch (IOException e) {
      throw new CheckpointException(run + ": cannot be read (" + e + ")", e);
    }
  }

  /** Reads the state of a checkpoint and the optimizer's into the model. */
  static RunState load(Path folder, TrainableModel model) {
    Path file = folder.resolve(FILE);
    try {
      RunState state = Json.mapper().readValue(Files.readString(file), RunState.class);
      model.loadOptimizer(folder.resolve(OPTIMIZER));
      return state;
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read (" + e + ")", e);
    } catch (JacksonException e) {
      throw new CheckpointException(file + ": not a training state", e);
    }
  }
}

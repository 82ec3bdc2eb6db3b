package dev.mneme.dpo.cycle;

import dev.mneme.dpo.train.StepMetrics;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/** Makes a candidate checkpoint from the active one and a training set. */
public interface CandidateTrainer {
  /** How much room a candidate takes on disk, in bytes. */
  long diskBytesNeeded(Path active);

  /**
   * Trains from {@code active} and writes a whole checkpoint into {@code out}.
   *
   * @param heldTo folder of the checkpoint whose predictions are to last where nothing is wished:
   *     the one the line began with, or {@code active} itself
   * @param listener sees every step, on the calling thread
   * @return figures of the run by name, for the record
   */
  Map<String, Double> train(
      Path active, Path heldTo, TrainingSet set, Path out, Consumer<StepMetrics> listener);

  /**
   * Writes a whole checkpoint part of the way from one to the other.
   *
   * @param trained what {@link #train} wrote from {@code active}
   * @param share of the way, above 0 and at most 1
   */
  void goPartOfTheWay(Path active, Path trained, double share, Path out);

  /** The configuration in use, as JSON values, for the record. */
  Map<String, Object> config();
}

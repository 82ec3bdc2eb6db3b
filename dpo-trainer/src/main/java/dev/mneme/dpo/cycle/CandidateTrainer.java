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
   * @param listener sees every step, on the calling thread
   * @return figures of the run by name, for the record
   */
  Map<String, Double> train(Path active, TrainingSet set, Path out, Consumer<StepMetrics> listener);

  /** The configuration in use, as JSON values, for the record. */
  Map<String, Object> config();
}

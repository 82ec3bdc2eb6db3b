package dev.mneme.model.train;

import java.nio.file.Path;

/**
 * How a run ended.
 *
 * @param checkpoint the folder of the last weights
 * @param steps optimizer steps, resumed parts included
 * @param tokens positions trained on
 * @param seconds wall-clock time
 * @param heldOutLoss of the last weights, per reply token; NaN-free: 0 when nothing was held out
 * @param skipped examples left out because they are longer than allowed
 * @param end why
 */
public record TrainingResult(
    Path checkpoint,
    long steps,
    long tokens,
    double seconds,
    double heldOutLoss,
    long skipped,
    End end) {
  /** Why a run ended. */
  public enum End {
    FINISHED,
    /** The held-out loss no longer improved. */
    NO_IMPROVEMENT,
    /** The caller asked to stop; the run can be resumed. */
    CANCELLED
  }
}

package dev.mneme.evals;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import java.util.List;

/**
 * Runs two models on the same items and compares them: what a promotion gate asks before it lets a
 * candidate replace the active checkpoint.
 *
 * <p>Both runs are kept and resumed like any other, so the active checkpoint is asked once for all
 * its candidates. Thread-safe.
 */
public final class PairedEvaluation {
  private final EvalRunner runner;

  public PairedEvaluation(EvalRunner runner) {
    this.runner = runner;
  }

  /**
   * Compares {@code candidate} (B) with {@code active} (A).
   *
   * @throws EvalException when a run was cancelled or a log cannot be written
   * @throws IllegalArgumentException when no item was scored on both sides
   */
  public Comparison compare(
      EvalTask task,
      ChatModel active,
      ChatModel candidate,
      RunSettings settings,
      Cancellation cancellation) {
    EvalRun a = runner.run(task, active, settings, cancellation, Progress.NONE);
    EvalRun b = runner.run(task, candidate, settings, cancellation, Progress.NONE);
    for (EvalRun each : List.of(a, b)) {
      String stoppedBy = each.stoppedBy();
      if (stoppedBy != null) {
        throw new EvalException(
            "run " + each.info().id() + " is not finished (" + stoppedBy + "); run it again", null);
      }
    }
    return Comparison.of(a, b, settings.sampling().seed());
  }
}

package dev.mneme.evals;

/** Hears of each item as it is finished, from any thread, one at a time. */
public interface Progress {
  /** Does not listen. */
  Progress NONE = (_, _, _) -> {};

  /**
   * @param done how many items are finished, this one included
   * @param total how many there are
   * @param latest the one that just was
   */
  void finished(int done, int total, EvalRecord latest);
}

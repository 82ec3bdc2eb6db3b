package dev.mneme.evals;

import java.util.Map;

/** Sampling temperatures by category, where a benchmark prescribes them. */
public final class Temperatures {
  /** MT-Bench's: inventive where there is no right answer, greedy where there is one. */
  public static final Map<String, Double> MT_BENCH =
      Map.of(
          "writing", 0.7,
          "roleplay", 0.7,
          "extraction", 0.0,
          "math", 0.0,
          "coding", 0.0,
          "reasoning", 0.0,
          "stem", 0.1,
          "humanities", 0.1);

  private Temperatures() {}
}

package dev.mneme.cli.experiment;

/**
 * How much of everything a trial has.
 *
 * @param generations cycles in a trial
 * @param agents people learnt from
 * @param steps what each of them says in a generation
 * @param newcomers people measured with
 * @param questions what each of them says in a measurement
 * @param graded whether every generation is asked our 80 prompts
 */
public record Size(
    int generations, int agents, int steps, int newcomers, int questions, boolean graded) {
  public Size {
    if (generations < 0) {
      throw new IllegalArgumentException("--generations must not be negative, got " + generations);
    }
    positive("agents", agents);
    positive("steps", steps);
    positive("newcomers", newcomers);
    positive("questions", questions);
  }

  private static void positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException("--" + name + " must be at least 1, got " + value);
    }
  }
}

package dev.mneme.dpo.train;

/** Training cannot go on; the message names phase, step and what was found. */
public final class TrainingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TrainingException(String message) {
    super(message);
  }
}

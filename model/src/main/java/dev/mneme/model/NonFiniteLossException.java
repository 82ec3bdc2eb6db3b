package dev.mneme.model;

/**
 * Training produced a NaN or an infinity. The message names step, segment and the first tensor that
 * is not finite; gradients of the step are unusable. Lower the learning rate and resume from the
 * last checkpoint.
 */
public final class NonFiniteLossException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NonFiniteLossException(String message) {
    super(message);
  }
}

package dev.mneme.model.checkpoint;

/**
 * A checkpoint could not be read or written. The message names the file, then the key or tensor,
 * what was found and what was expected. Retrying helps only if the disk was the reason, in which
 * case the cause is an {@link java.io.IOException}.
 */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CheckpointException(String message) {
    super(message);
  }

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}

package dev.mneme.evals;

import org.jspecify.annotations.Nullable;

/** A file of an evaluation cannot be read or written; the message names it. */
public final class EvalException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public EvalException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

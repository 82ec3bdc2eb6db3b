package dev.mneme.cli;

import org.jspecify.annotations.Nullable;

/**
 * Something the person at the terminal can mend. The message is shown as it is: what was given,
 * what was expected, what to do.
 */
public final class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  public UserError(String message) {
    this(message, ExitCodes.USAGE, null);
  }

  public UserError(String message, int exitCode, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  public int exitCode() {
    return exitCode;
  }
}

package dev.mneme.preference;

import org.jspecify.annotations.Nullable;

/**
 * The world failed while preferences were read or written: a file, a directory, a foreign format.
 * Retrying helps only when the cause says so.
 */
public final class PreferenceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public PreferenceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

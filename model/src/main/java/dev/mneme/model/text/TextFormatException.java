package dev.mneme.model.text;

import org.jspecify.annotations.Nullable;

/**
 * A tokenizer or chat template cannot be read or run; the message names the file and what is wrong.
 * Trying again does not help.
 */
public final class TextFormatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TextFormatException(String message) {
    this(message, null);
  }

  public TextFormatException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

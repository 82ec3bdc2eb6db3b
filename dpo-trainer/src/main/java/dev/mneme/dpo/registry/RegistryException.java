package dev.mneme.dpo.registry;

import org.jspecify.annotations.Nullable;

/**
 * A checkpoint that is missing, damaged or cannot be written; the message says which and what to
 * do.
 */
public final class RegistryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public RegistryException(String message) {
    super(message);
  }

  public RegistryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

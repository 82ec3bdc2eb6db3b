package dev.mneme.agent;

import org.jspecify.annotations.Nullable;

/** The model or its endpoint failed; {@link #retryable()} says whether asking again may help. */
public final class ChatModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean retryable;

  public ChatModelException(String message, boolean retryable, @Nullable Throwable cause) {
    super(message, cause);
    this.retryable = retryable;
  }

  public boolean retryable() {
    return retryable;
  }
}

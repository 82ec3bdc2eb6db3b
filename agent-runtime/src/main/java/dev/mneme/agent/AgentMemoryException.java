package dev.mneme.agent;

import org.jspecify.annotations.Nullable;

/** The memory behind an agent failed: a full disk, a locked store, a corrupt session. */
public sealed class AgentMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public AgentMemoryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** What was given can never be kept; trying again does not help. */
  public static final class Refused extends AgentMemoryException {
    private static final long serialVersionUID = 1L;

    public Refused(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}

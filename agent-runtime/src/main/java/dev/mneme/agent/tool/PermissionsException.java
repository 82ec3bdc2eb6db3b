package dev.mneme.agent.tool;

/** Decisions about tools cannot be read or written; until that is repaired, no tool is allowed. */
public final class PermissionsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public PermissionsException(String message, Throwable cause) {
    super(message, cause);
  }
}

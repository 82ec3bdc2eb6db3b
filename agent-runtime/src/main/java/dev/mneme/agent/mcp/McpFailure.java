package dev.mneme.agent.mcp;

import org.jspecify.annotations.Nullable;

/** A server or a transport failed. */
public final class McpFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  McpFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

package dev.mneme.agent.mcp;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How patient the client is with servers.
 *
 * @param start how long a server may take to start and list its tools
 * @param call how long a call may take
 * @param messageBytes the largest message taken from a server
 * @param tools how many tools of one server are offered
 * @param descriptionChars how much of a description the model is told
 * @param schemaChars the largest argument schema, as JSON
 */
public record McpLimits(
    Duration start,
    Duration call,
    int messageBytes,
    int tools,
    int descriptionChars,
    int schemaChars) {
  public static final McpLimits DEFAULT =
      new McpLimits(Duration.ofSeconds(20), Duration.ofSeconds(30), 4 << 20, 64, 1024, 32_768);

  public McpLimits {
    requireNonNull(start, "start is null");
    requireNonNull(call, "call is null");
  }
}

package dev.mneme.agent.mcp;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * How a configured server is doing.
 *
 * @param name as configured
 * @param connected whether it answers
 * @param server what it says it is: name and version
 * @param tools names of the tools it offers, as the model calls them
 * @param problems why it is not connected, or which of its tools were left out
 */
public record McpServerStatus(
    String name, boolean connected, String server, List<String> tools, List<String> problems) {
  public McpServerStatus {
    requireNonNull(name, "name is null");
    requireNonNull(server, "server is null");
    tools = List.copyOf(tools);
    problems = List.copyOf(problems);
  }
}

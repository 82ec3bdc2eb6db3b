package dev.mneme.agent.mcp;

import dev.mneme.agent.tool.Tool;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The tools of all configured MCP servers.
 *
 * <p>Servers connect in the background from the start; asking for tools waits for those still
 * starting, but never longer than {@link McpLimits#start()}. A server that fails is tried again at
 * the next call, at most once a second and ever more rarely, and then nobody waits for more than
 * two seconds. Thread-safe; closing ends the child processes.
 */
public final class McpTools implements AutoCloseable {
  private final List<McpConnection> connections;

  /** Starts connecting to the servers. The caller closes. */
  public McpTools(List<McpServerConfig> servers, McpLimits limits) {
    Set<String> names = new HashSet<>();
    for (McpServerConfig each : servers) {
      if (!names.add(each.name())) {
        throw new IllegalArgumentException("two MCP servers are called \"" + each.name() + "\"");
      }
    }
    this.connections = servers.stream().map(each -> new McpConnection(each, limits)).toList();
    connections.forEach(McpConnection::start);
  }

  /** The tools of the servers that answer; names are {@code server__tool}. */
  public List<Tool> tools() {
    List<Tool> tools = new ArrayList<>();
    connections.forEach(each -> tools.addAll(each.tools()));
    return List.copyOf(tools);
  }

  /** One entry per configured server. */
  public List<McpServerStatus> status() {
    return connections.stream().map(McpConnection::status).toList();
  }

  @Override
  public void close() {
    connections.forEach(McpConnection::close);
  }
}

package dev.mneme.agent.tool;

import dev.mneme.data.ToolSpec;
import java.util.Map;

/**
 * Something a model may call: built in, or offered by an MCP server.
 *
 * <p>Implementations are thread-safe. They are only called through {@link ToolBox}, which has
 * checked the permission and validated the arguments against {@link ToolSpec#inputSchema()}, and
 * which bounds time and size.
 */
public interface Tool {
  /** Name, description and argument schema as the model is told. */
  ToolSpec spec();

  /** What it may do to the world. */
  ToolTraits traits();

  /**
   * Where it comes from: {@code built-in} or {@code mcp:SERVER}. Permissions are remembered for the
   * tool of this origin only.
   */
  default String origin() {
    return BUILT_IN;
  }

  /**
   * Whether {@link #traits()} may be believed. A read-only tool that is believed runs without
   * asking; a remote server's claims about itself are not believed unless its owner said so.
   */
  default boolean trusted() {
    return true;
  }

  /**
   * Runs it. Thrown exceptions become {@link ToolResult.Failed}.
   *
   * @param arguments validated
   */
  ToolResult call(Map<String, Object> arguments, ToolContext context) throws Exception;

  /** Origin of the tools that ship with the agent. */
  String BUILT_IN = "built-in";
}

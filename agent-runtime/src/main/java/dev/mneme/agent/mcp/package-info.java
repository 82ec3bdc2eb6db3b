/**
 * The Model Context Protocol (revision 2025-11-25, by the official Java SDK), both ways.
 *
 * <p>{@link dev.mneme.agent.mcp.McpTools} is the client: it starts or reaches the servers of an
 * {@code mcpServers} file and offers their tools as {@link dev.mneme.agent.tool.Tool}s. {@link
 * dev.mneme.agent.mcp.MemoryServer} is the server: it offers the long-term memory to other agents.
 *
 * <p>A server is somebody else's program. It may die, hang, flood, describe its tools wrongly or on
 * purpose misleadingly; none of that may hurt the agent. So every wait has an end, every size a
 * bound, and a failure is a {@link dev.mneme.agent.tool.ToolResult} the model sees. What a server
 * claims about its tools ({@code readOnlyHint}) counts only when the person marked the server as
 * trusted.
 *
 * <p>No type of the SDK appears in a public signature, so that the next protocol revision is a
 * change inside this package.
 */
@NullMarked
package dev.mneme.agent.mcp;

import org.jspecify.annotations.NullMarked;

/**
 * Tools: what a model may call, and the box that decides whether it runs.
 *
 * <p>{@link dev.mneme.agent.tool.Tool} is the interface of the built-in tools and of those an MCP
 * server offers; {@link dev.mneme.agent.tool.ToolBox} is the only way to run one. It checks, in
 * this order: that the tool exists, that the arguments fit its schema, that a person allows the
 * call; then it runs the tool on a thread of its own and bounds time and size.
 *
 * <p>The rule newcomers get wrong: permission is a matter between the person and the tool. Nothing
 * a model, a memory, a persona, a tool description or a tool result says can change it, because
 * {@link dev.mneme.agent.tool.Permissions} is only ever written from {@link
 * dev.mneme.agent.tool.PermissionAsker}'s answer or a person's command.
 */
@NullMarked
package dev.mneme.agent.tool;

import org.jspecify.annotations.NullMarked;

/**
 * Agents: recall, prompt, generate, call tools, reply, log.
 *
 * <p>{@link dev.mneme.agent.ChatModel} is the port behind which any language model stands; the
 * adapter onto our own lives in the command line module.
 */
@NullMarked
package dev.mneme.agent;

import org.jspecify.annotations.NullMarked;

/**
 * Agents: recall, prompt, generate, call tools, reply, log.
 *
 * <p>An {@link dev.mneme.agent.Agent} puts together a {@link dev.mneme.agent.ChatModel} (the port
 * behind which any language model stands; the adapter onto our own lives in the command line
 * module), an {@link dev.mneme.agent.AgentMemory} (the port to the long-term memory) and a {@link
 * dev.mneme.agent.tool.ToolBox}. It opens {@link dev.mneme.agent.AgentSession}s, whose every step
 * is a stream of {@link dev.mneme.agent.AgentEvent}s: the chat prints them, the simulation and the
 * evaluations count them, a script gets them as JSON.
 *
 * <p>The order within a step is what makes the platform trustworthy: the question is durably logged
 * before the model is asked, and the reply, with the memories it used and the weights that wrote
 * it, before the step is reported as done. What the context cannot hold is left out of the prompt,
 * never out of the log.
 *
 * <p>The one thing a newcomer gets wrong: a reply that was retried is not replaced. Both attempts
 * stay logged as answers to the same question, because that is a preference pair.
 */
@NullMarked
package dev.mneme.agent;

import org.jspecify.annotations.NullMarked;

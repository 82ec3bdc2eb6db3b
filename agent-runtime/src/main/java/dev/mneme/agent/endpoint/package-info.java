/**
 * Language models behind an HTTP endpoint.
 *
 * <p>{@link dev.mneme.agent.endpoint.OpenAiChatModel} speaks the chat-completions dialect that most
 * servers of models offer, so that the memory and the preference side serve people with any model.
 */
@NullMarked
package dev.mneme.agent.endpoint;

import org.jspecify.annotations.NullMarked;

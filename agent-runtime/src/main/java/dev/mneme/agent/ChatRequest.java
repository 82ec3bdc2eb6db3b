package dev.mneme.agent;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.data.ToolSpec;
import java.util.List;

/**
 * What a model is asked.
 *
 * @param messages the conversation, ending with a user or tool message
 * @param tools what the model may call; empty for none
 * @param sampling how to draw the reply
 */
public record ChatRequest(List<Message> messages, List<ToolSpec> tools, Sampling sampling) {
  public ChatRequest {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
    requireNonNull(sampling, "sampling is null");
    if (messages.isEmpty()) {
      throw new IllegalArgumentException("a chat request needs at least one message");
    }
  }
}

package dev.mneme.agent;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Latency;
import dev.mneme.data.Message;

/**
 * What a model answered.
 *
 * @param message the assistant message, tool calls parsed out of its content
 * @param finish why it ended
 * @param latency what it cost
 */
public record ChatReply(Message message, Finish finish, Latency latency) {
  public ChatReply {
    requireNonNull(message, "message is null");
    requireNonNull(finish, "finish is null");
    requireNonNull(latency, "latency is null");
  }

  /** Why a reply ended. */
  public enum Finish {
    STOP,
    LENGTH,
    TOOL_CALLS,
    CANCELLED
  }
}

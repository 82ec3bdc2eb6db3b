package dev.mneme.agent;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Latency;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import org.jspecify.annotations.Nullable;

/**
 * What a model answered.
 *
 * @param message the assistant message, tool calls parsed out of its content
 * @param finish why it ended
 * @param latency what it cost
 * @param model the weights that wrote it; null means {@link ChatModel#ref()}. A model that may
 *     change its weights between two calls names them here, so that the log is never wrong.
 */
public record ChatReply(Message message, Finish finish, Latency latency, @Nullable ModelRef model) {
  public ChatReply {
    requireNonNull(message, "message is null");
    requireNonNull(finish, "finish is null");
    requireNonNull(latency, "latency is null");
  }

  public ChatReply(Message message, Finish finish, Latency latency) {
    this(message, finish, latency, null);
  }

  /** Why a reply ended. */
  public enum Finish {
    STOP,
    LENGTH,
    TOOL_CALLS,
    CANCELLED
  }
}

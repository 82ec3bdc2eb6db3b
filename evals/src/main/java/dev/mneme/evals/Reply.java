package dev.mneme.evals;

import static java.util.Objects.requireNonNull;

import dev.mneme.agent.ChatReply;
import dev.mneme.data.Latency;
import dev.mneme.data.ToolCall;
import java.util.List;

/**
 * What a model answered in one turn.
 *
 * @param text its content, verbatim
 * @param toolCalls what it asked to call
 * @param finish why it ended
 * @param latency what it cost when it was generated
 */
public record Reply(
    String text, List<ToolCall> toolCalls, ChatReply.Finish finish, Latency latency) {
  public Reply {
    requireNonNull(text, "text is null");
    requireNonNull(finish, "finish is null");
    requireNonNull(latency, "latency is null");
    toolCalls = toolCalls == null ? List.of() : List.copyOf(toolCalls);
  }

  /** What a chat model answered, without what the log does not need. */
  public static Reply of(ChatReply reply) {
    return new Reply(
        reply.message().content(), reply.message().toolCalls(), reply.finish(), reply.latency());
  }
}

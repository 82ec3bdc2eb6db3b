package dev.mneme.model.generate;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.ToolCall;
import dev.mneme.model.text.ToolCalls;
import java.util.List;

/**
 * What the model wrote and what it cost.
 *
 * @param text the reply as generated, tool calls included, stop strings and special tokens left out
 * @param content the reply without its tool calls
 * @param toolCalls the calls the reply asks for, in order
 * @param malformed what stood between call markers but is no call
 * @param finish why it ended
 * @param promptTokens tokens of the rendered prompt
 * @param cachedTokens of these, how many came from the prefix cache
 * @param replyTokens tokens generated, the end-of-turn token included
 * @param firstTokenMillis from the request to the first token
 * @param totalMillis from the request to the end
 * @param logProbs log-probability (nats) of each generated token under the model itself, before
 *     temperature and truncation; empty unless asked for
 */
public record Generation(
    String text,
    String content,
    List<ToolCall> toolCalls,
    List<ToolCalls.Malformed> malformed,
    Finish finish,
    int promptTokens,
    int cachedTokens,
    int replyTokens,
    double firstTokenMillis,
    double totalMillis,
    List<Float> logProbs) {
  public Generation {
    requireNonNull(text, "text is null");
    requireNonNull(content, "content is null");
    toolCalls = List.copyOf(toolCalls);
    malformed = List.copyOf(malformed);
    requireNonNull(finish, "finish is null");
    logProbs = List.copyOf(logProbs);
  }

  /** Why a reply ended. */
  public enum Finish {
    /** The model ended its turn, or wrote a stop string. */
    STOP,
    /** The token limit or the end of the context. */
    LENGTH,
    /** The model ended its turn with at least one well-formed tool call. */
    TOOL_CALLS,
    /** The caller asked to stop. */
    CANCELLED
  }
}

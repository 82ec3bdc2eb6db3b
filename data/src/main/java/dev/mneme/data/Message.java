package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message of a conversation, in the shape chat templates and TRL use.
 *
 * @param role who speaks
 * @param content the text, verbatim; empty when an assistant message only calls tools
 * @param toolCalls calls the assistant asks for, in order; empty otherwise
 * @param toolCallId on a tool message, the {@link ToolCall#id()} it answers
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Message(
    @JsonInclude(JsonInclude.Include.ALWAYS) Role role,
    @JsonInclude(JsonInclude.Include.ALWAYS) String content,
    List<ToolCall> toolCalls,
    @Nullable String toolCallId) {
  public Message {
    requireNonNull(role, "role is null");
    content = content == null ? "" : content;
    toolCalls = toolCalls == null ? List.of() : List.copyOf(toolCalls);
  }

  public static Message system(String content) {
    return new Message(Role.SYSTEM, content, List.of(), null);
  }

  public static Message user(String content) {
    return new Message(Role.USER, content, List.of(), null);
  }

  public static Message assistant(String content) {
    return new Message(Role.ASSISTANT, content, List.of(), null);
  }

  public static Message tool(String toolCallId, String content) {
    return new Message(Role.TOOL, content, List.of(), toolCallId);
  }

  /**
   * What a prompt asks for: what the person said last, whatever tools gave since; the last message
   * where no person speaks.
   */
  public static String request(List<Message> prompt) {
    return prompt.reversed().stream()
        .filter(each -> each.role() == Role.USER)
        .findFirst()
        .orElseGet(prompt::getLast)
        .content();
  }
}

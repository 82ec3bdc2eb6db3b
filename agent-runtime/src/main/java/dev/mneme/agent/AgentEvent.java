package dev.mneme.agent;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.mneme.agent.ChatReply.Finish;
import dev.mneme.agent.tool.ToolResult;
import dev.mneme.data.ModelRef;
import dev.mneme.data.ToolCall;
import dev.mneme.data.Turn;
import java.util.List;

/**
 * What happens during one step of an agent, in order.
 *
 * <p>Every step ends with exactly one of {@link Done}, {@link Cancelled} and {@link Failed}. The
 * chat, the simulation and the evaluations all consume this one stream; they switch over it without
 * a default.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = AgentEvent.ModelChanged.class, name = "model_changed"),
  @JsonSubTypes.Type(value = AgentEvent.Recalled.class, name = "recalled"),
  @JsonSubTypes.Type(value = AgentEvent.TurnsDropped.class, name = "turns_dropped"),
  @JsonSubTypes.Type(value = AgentEvent.Token.class, name = "token"),
  @JsonSubTypes.Type(value = AgentEvent.ToolCalled.class, name = "tool_called"),
  @JsonSubTypes.Type(value = AgentEvent.ToolReturned.class, name = "tool_returned"),
  @JsonSubTypes.Type(value = AgentEvent.Warned.class, name = "warned"),
  @JsonSubTypes.Type(value = AgentEvent.Done.class, name = "done"),
  @JsonSubTypes.Type(value = AgentEvent.Cancelled.class, name = "cancelled"),
  @JsonSubTypes.Type(value = AgentEvent.Failed.class, name = "failed"),
})
public sealed interface AgentEvent {
  /** Other weights answer from now on: a cycle promoted a checkpoint, or a person chose one. */
  record ModelChanged(ModelRef from, ModelRef to) implements AgentEvent {
    public ModelChanged {
      requireNonNull(from, "from is null");
      requireNonNull(to, "to is null");
    }
  }

  /** The memories the prompt carries, in prompt order; empty when none helps. */
  record Recalled(List<RecalledMemory> used) implements AgentEvent {
    public Recalled {
      used = List.copyOf(used);
    }
  }

  /**
   * The conversation no longer fits: its oldest turns are not in the prompt. They stay in memory.
   * Told when it begins and when nothing but the question is left, not at every turn between.
   *
   * @param turns how many turns of this session the prompt leaves out
   * @param promptTokens tokens of the prompt that is sent
   * @param contextTokens what the model can take, reply included
   */
  record TurnsDropped(int turns, int promptTokens, int contextTokens) implements AgentEvent {}

  /** A piece of the reply; pieces never split a character. */
  record Token(String text) implements AgentEvent {
    public Token {
      requireNonNull(text, "text is null");
    }
  }

  /** The model asks for a tool; whether it runs is decided next. */
  record ToolCalled(ToolCall call) implements AgentEvent {
    public ToolCalled {
      requireNonNull(call, "call is null");
    }
  }

  /** What came of a tool call. */
  record ToolReturned(ToolCall call, ToolResult result) implements AgentEvent {
    public ToolReturned {
      requireNonNull(call, "call is null");
      requireNonNull(result, "result is null");
    }
  }

  /** Something a person should know that does not end the step. */
  record Warned(String text) implements AgentEvent {
    public Warned {
      requireNonNull(text, "text is null");
    }
  }

  /**
   * The reply is complete and durably logged.
   *
   * @param asked the turn it answers
   * @param reply the reply with its provenance
   * @param finish why it ended; {@code CANCELLED} when a person stopped it and part of it came
   * @param used the memories the prompt carried
   */
  record Done(Turn asked, Turn reply, Finish finish, List<RecalledMemory> used)
      implements AgentEvent {
    public Done {
      requireNonNull(asked, "asked is null");
      requireNonNull(reply, "reply is null");
      requireNonNull(finish, "finish is null");
      used = List.copyOf(used);
    }
  }

  /** Stopped before a word came; the question is logged, no reply is. */
  record Cancelled(Turn asked) implements AgentEvent {
    public Cancelled {
      requireNonNull(asked, "asked is null");
    }
  }

  /**
   * No reply was logged.
   *
   * @param reason what failed and what to do, for people
   * @param retryable whether asking again may help
   * @param partial what had come of the reply
   */
  record Failed(String reason, boolean retryable, String partial) implements AgentEvent {
    public Failed {
      requireNonNull(reason, "reason is null");
      requireNonNull(partial, "partial is null");
    }
  }
}

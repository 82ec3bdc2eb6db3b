package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A conversation to train on; the loss covers assistant messages only.
 *
 * @param skill which part of the curriculum it came from, for example {@code memory/conflict}
 * @param messages in order, ending with an assistant message
 * @param tools what the system prompt offers; empty for most
 * @param heldOut true when its wording is never trained on
 */
public record TrainingExample(
    String skill, List<Message> messages, List<ToolSpec> tools, boolean heldOut) {
  public TrainingExample {
    requireNonNull(skill, "skill is null");
    messages = List.copyOf(messages);
    tools = tools == null ? List.of() : List.copyOf(tools);
  }
}

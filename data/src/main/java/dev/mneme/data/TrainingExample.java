package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A conversation to train on; the loss covers assistant messages only.
 *
 * <p>An example that is a single assistant message is plain prose: it is trained on as running text
 * without role markers.
 *
 * @param skill which part of the curriculum it came from, for example {@code memory/conflict}
 * @param messages in order, ending with an assistant message
 * @param tools what the system prompt offers; empty for most
 * @param heldOut true when its wording is never trained on
 * @param expectations what a model's own replies must satisfy, for scoring; empty where no program
 *     can tell
 */
public record TrainingExample(
    String skill,
    List<Message> messages,
    List<ToolSpec> tools,
    boolean heldOut,
    List<Expectation> expectations) {
  public TrainingExample {
    requireNonNull(skill, "skill is null");
    messages = List.copyOf(messages);
    tools = tools == null ? List.of() : List.copyOf(tools);
    expectations = expectations == null ? List.of() : List.copyOf(expectations);
    for (Expectation each : expectations) {
      if (each.message() >= messages.size()
          || messages.get(each.message()).role() != Role.ASSISTANT) {
        throw new IllegalArgumentException(
            "expectation on message "
                + each.message()
                + " of "
                + messages.size()
                + ": expected the index of an assistant message");
      }
    }
  }

  public TrainingExample(
      String skill, List<Message> messages, List<ToolSpec> tools, boolean heldOut) {
    this(skill, messages, tools, heldOut, List.of());
  }

  /** Running text without roles. */
  public boolean isProse() {
    return messages.size() == 1;
  }
}

package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A session's turns in order.
 *
 * @param scope whose conversation
 * @param turns in order of {@link Turn#index()}
 */
public record Conversation(Scope scope, List<Turn> turns) {
  public Conversation {
    requireNonNull(scope, "scope is null");
    turns = List.copyOf(turns);
  }

  public List<Message> messages() {
    return turns.stream().map(Turn::message).toList();
  }
}

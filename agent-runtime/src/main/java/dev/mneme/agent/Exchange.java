package dev.mneme.agent;

import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Turn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A user's turn with what the agent did about it. When a reply was retried, only the newest attempt
 * stands in the prompt; all attempts stay logged.
 */
final class Exchange {
  private final List<Turn> turns = new ArrayList<>();
  private final List<Turn> attempt = new ArrayList<>();
  private @Nullable Turn question;
  private boolean answered;
  private int tokens = -1;

  /** Groups turns, oldest first; an opening by the assistant is an exchange without question. */
  static List<Exchange> of(List<Turn> turns) {
    List<Exchange> exchanges = new ArrayList<>();
    for (Turn each : turns) {
      if (each.message().role() == Role.USER || exchanges.isEmpty()) {
        exchanges.add(new Exchange());
      }
      exchanges.getLast().add(each);
    }
    return exchanges;
  }

  void add(Turn turn) {
    tokens = -1;
    turns.add(turn);
    switch (turn.message().role()) {
      case USER, SYSTEM -> question = turn;
      case ASSISTANT, TOOL -> {
        if (answered) {
          attempt.clear();
        }
        attempt.add(turn);
        answered = turn.message().role() == Role.ASSISTANT && turn.message().toolCalls().isEmpty();
      }
    }
  }

  /** What the prompt carries. Half an attempt (a call without its end) is left out. */
  List<Message> messages() {
    List<Message> messages = new ArrayList<>();
    if (question != null) {
      messages.add(question.message());
    }
    if (answered) {
      attempt.forEach(each -> messages.add(each.message()));
    }
    return messages;
  }

  /** Every turn of it, earlier attempts included, in order. */
  List<Turn> turns() {
    return List.copyOf(turns);
  }

  /** The turns of the newest attempt: calls, their results, and the reply if it came to that. */
  List<Turn> attempt() {
    return List.copyOf(attempt);
  }

  @Nullable Turn question() {
    return question;
  }

  /** The newest finished reply. */
  @Nullable Turn reply() {
    return answered ? attempt.getLast() : null;
  }

  int firstIndex() {
    return turns.getFirst().index();
  }

  int tokens(ChatModel model) {
    if (tokens < 0) {
      tokens = model.countTokens(messages(), List.of());
    }
    return tokens;
  }
}

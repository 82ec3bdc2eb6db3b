package dev.mneme.ltm;

import dev.mneme.data.Role;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What may enter the store; everything else is refused before anything is written. */
final class Admission {
  /** The longest text of one turn, in characters. */
  static final int LONGEST = 1_048_576;

  private static final int LONGEST_NAME = 500;

  private Admission() {}

  static void check(Turn turn) {
    checkName("a turn's id", turn.id());
    checkScope(turn.scope());
    checkName("the speaker of turn " + turn.id(), turn.speaker());
    String content = turn.message().content();
    Role role = turn.message().role();
    if (content.isBlank() && (role == Role.USER || role == Role.SYSTEM)) {
      throw new IllegalArgumentException(
          "turn " + turn.id() + " says nothing; a " + role.wireName() + " turn needs words");
    }
    if (content.length() > LONGEST) {
      throw new IllegalArgumentException(
          "turn "
              + turn.id()
              + " has "
              + content.length()
              + " characters; a turn holds at most "
              + LONGEST
              + ": split it");
    }
    checkText("turn " + turn.id(), content);
    String extra = TurnRow.extra(turn);
    if (extra != null) {
      checkText("the tool calls and provenance of turn " + turn.id(), extra);
    }
    if (extra != null && extra.length() > LONGEST) {
      throw new IllegalArgumentException(
          "the tool calls and provenance of turn "
              + turn.id()
              + " take "
              + extra.length()
              + " characters as JSON; at most "
              + LONGEST
              + " fit");
    }
    long _ = TurnRow.nanos(turn.at());
  }

  /**
   * Any change but a turn, whose parts {@link #check(Turn)} has seen.
   *
   * @param json the change as {@link Change#json} has it; null for a turn
   */
  static void checkChange(@Nullable String json) {
    if (json == null) {
      return;
    }
    if (json.length() > LONGEST) {
      throw new IllegalArgumentException(
          "this change takes "
              + json.length()
              + " characters as JSON; at most "
              + LONGEST
              + " fit: split or shorten it");
    }
    checkText("a text of this change", json);
  }

  static void checkScope(Scope scope) {
    checkName("a tenant", scope.tenant());
    checkName("a user", scope.user());
    checkName("an agent", scope.agent());
    checkName("a session", scope.session());
  }

  static void checkName(String what, String name) {
    if (name.isBlank()) {
      throw new IllegalArgumentException(what + " is blank");
    }
    if (name.length() > LONGEST_NAME) {
      throw new IllegalArgumentException(
          what + " has " + name.length() + " characters; at most " + LONGEST_NAME + " are kept");
    }
    checkText(what, name);
  }

  /** Refuses halves of surrogate pairs, which no file in UTF-8 can hold. */
  static void checkText(String what, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw new IllegalArgumentException(
            what
                + String.format(
                    Locale.ROOT,
                    " holds half a character (an unpaired surrogate, U+%04X, at position %d)",
                    (int) c,
                    i)
                + "; repair the text before storing it");
      }
    }
  }
}

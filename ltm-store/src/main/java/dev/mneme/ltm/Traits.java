package dev.mneme.ltm;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What kind of statement a turn is, packed into one number: how many content words it has, whether
 * it asks, speaks of its speaker, names a time or a number. Answers tend to be statements with some
 * substance, about the speaker, and with a time where a time is asked for.
 */
final class Traits {
  private static final int LENGTH = 0xff;
  private static final int ASKS = 1 << 8;
  private static final int SELF = 1 << 9;
  private static final int TIME = 1 << 10;
  private static final int NUMBER = 1 << 11;
  private static final int KEEP = 1 << 12;

  /** Enough of a text to tell. */
  private static final int HEAD = 4_000;

  private static final Pattern FIRST_PERSON =
      Pattern.compile("\\b(i|i'm|i've|my|me|mine|we|our|us)\\b", Pattern.CASE_INSENSITIVE);

  private static final Pattern TIME_WORD =
      Pattern.compile(
          "\\b(yesterday|today|tonight|tomorrow|last|next|ago|week|weekend|month|years?|monday"
              + "|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april"
              + "|may|june|july|august|september|october|november|december|\\d{4}|recently|since"
              + "|spring|summer|autumn|fall|winter|\\d{1,2}(:\\d\\d)? ?[ap]m)\\b",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern NUMBER_WORD =
      Pattern.compile(
          "\\b(\\d+|one|two|three|four|five|six|seven|eight|nine|ten|dozen|once|twice|couple"
              + "|several|hundred|thousand)\\b",
          Pattern.CASE_INSENSITIVE);

  /** Asked to be remembered, or called important. */
  private static final Pattern KEEP_WORD =
      Pattern.compile(
          "\\b(remember (that|this|to)|(do not|don't|never) forget|keep in mind|note that"
              + "|important(ly)?|make a note)\\b",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern WHEN =
      Pattern.compile(
          "^when\\b|\\b(what|which) (date|day|month|year|time|week)\\b|\\bhow long\\b",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern HOW_MANY =
      Pattern.compile("\\bhow (many|much|often|old|far|tall)\\b", Pattern.CASE_INSENSITIVE);

  private Traits() {}

  static long of(String text, int words) {
    String head = text.length() > HEAD ? text.substring(0, HEAD) : text;
    long traits = Math.min(LENGTH, words);
    if (asks(text)) {
      traits |= ASKS;
    }
    if (FIRST_PERSON.matcher(head).find()) {
      traits |= SELF;
    }
    if (TIME_WORD.matcher(head).find()) {
      traits |= TIME;
    }
    if (NUMBER_WORD.matcher(head).find()) {
      traits |= NUMBER;
    }
    if ((traits & ASKS) == 0 && KEEP_WORD.matcher(head).find()) {
      traits |= KEEP;
    }
    return traits;
  }

  /** True when the last sentence is a question; a note in brackets after it does not count. */
  private static boolean asks(String text) {
    int end = text.length();
    if (text.endsWith("]") && text.lastIndexOf('[') > 0) {
      end = text.lastIndexOf('[');
    }
    while (end > 0 && !isSentenceEnd(text.charAt(end - 1)) && !isWord(text.charAt(end - 1))) {
      end--;
    }
    return end > 0 && text.charAt(end - 1) == '?';
  }

  private static boolean isSentenceEnd(char c) {
    return c == '?' || c == '.' || c == '!';
  }

  private static boolean isWord(char c) {
    return Character.isLetterOrDigit(c);
  }

  /** What a question asks for. */
  record Wanted(boolean time, boolean number) {
    static Wanted by(String question) {
      String asked = question.strip().toLowerCase(Locale.ROOT);
      return new Wanted(WHEN.matcher(asked).find(), HOW_MANY.matcher(asked).find());
    }
  }

  /** Two thirds for a turn of one word, rising to one: a bounded preference, never a filter. */
  static double substance(long traits) {
    return (2 + (1 - Math.exp(-((traits & LENGTH) + 1) / 6.0))) / 3;
  }

  static double statement(long traits) {
    return (traits & ASKS) != 0 ? 0.85 : 1;
  }

  static double self(long traits) {
    return (traits & SELF) != 0 ? 1.15 : 1;
  }

  /** True for a turn that asks to be remembered. */
  static boolean toBeKept(long traits) {
    return (traits & KEEP) != 0;
  }

  static double fits(long traits, Wanted wanted) {
    double factor = 1;
    if (wanted.time() && (traits & TIME) != 0) {
      factor *= 1.15;
    }
    if (wanted.number() && (traits & NUMBER) != 0) {
      factor *= 1.1;
    }
    return factor;
  }
}

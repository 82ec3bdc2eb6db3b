package dev.mneme.evals.ifeval;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Python's view of text. The official checker is Python, and its {@code str} methods and {@code re}
 * classes differ from Java's in places that decide verdicts.
 */
final class PythonText {
  /** One word character: {@code str.isalnum()} or the underscore, so no combining marks. */
  static final String WORD = "[\\p{L}\\p{N}_]";

  /** {@code \b} for those word characters. */
  static final String BOUNDARY =
      "(?:(?<=" + WORD + ")(?!" + WORD + ")|(?<!" + WORD + ")(?=" + WORD + "))";

  /** {@code \s}: Unicode white space and the four information separators. */
  static final String SPACE = "[\\p{IsWhite_Space}\\x1c-\\x1f]";

  private static final Pattern WORDS = Pattern.compile(WORD + "+");

  private PythonText() {}

  /** {@code re.compile} with UNIX line ends, as Python has them. */
  static Pattern pattern(String regex, int flags) {
    return Pattern.compile(regex, flags | Pattern.UNIX_LINES);
  }

  /** {@code str.lower()}. */
  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  /** {@code str.strip()}, which also removes no-break spaces. */
  static String strip(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && isSpace(text.charAt(from))) {
      from++;
    }
    while (to > from && isSpace(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  static boolean isBlank(String text) {
    return strip(text).isEmpty();
  }

  /** {@code str.strip(chars)} for one character. */
  static String strip(String text, char mark) {
    return stripStart(stripEnd(text, mark), mark);
  }

  static String stripStart(String text, char mark) {
    int from = 0;
    while (from < text.length() && text.charAt(from) == mark) {
      from++;
    }
    return text.substring(from);
  }

  static String stripEnd(String text, char mark) {
    int to = text.length();
    while (to > 0 && text.charAt(to - 1) == mark) {
      to--;
    }
    return text.substring(0, to);
  }

  static String removePrefix(String text, String prefix) {
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  static String removeSuffix(String text, String suffix) {
    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
  }

  /** {@code str.isupper()}: at least one cased character, and none that is not upper case. */
  static boolean isUpper(String text) {
    boolean cased = false;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (Character.isLowerCase(c) || Character.isTitleCase(c)) {
        return false;
      }
      cased |= Character.isUpperCase(c);
    }
    return cased;
  }

  /** {@code str.islower()}. */
  static boolean isLower(String text) {
    boolean cased = false;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (Character.isUpperCase(c) || Character.isTitleCase(c)) {
        return false;
      }
      cased |= Character.isLowerCase(c);
    }
    return cased;
  }

  /** How many runs of word characters. */
  static int countWords(String text) {
    var words = WORDS.matcher(text);
    int count = 0;
    while (words.find()) {
      count++;
    }
    return count;
  }

  static int count(Pattern pattern, String text) {
    var found = pattern.matcher(text);
    int count = 0;
    while (found.find()) {
      count++;
    }
    return count;
  }

  static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }
}

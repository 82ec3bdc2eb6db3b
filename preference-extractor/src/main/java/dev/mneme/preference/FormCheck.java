package dev.mneme.preference;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Whether a reply keeps a wish about its form, by looking at the text. Pure functions.
 *
 * <p>Only what can be seen is decided; the rest is {@link Verdict#UNKNOWN}, which neither proves a
 * rerun good nor a reply bad.
 */
public final class FormCheck {
  /** What the text shows. */
  public enum Verdict {
    KEPT,
    BROKEN,
    UNKNOWN
  }

  private static final Pattern BULLET = Pattern.compile("(?m)^\\s*([-*•]|\\d+[.)])\\s+\\S");
  private static final Pattern MARKDOWN =
      Pattern.compile("(?m)^#{1,6} |\\*\\*[^*]+\\*\\*|^```|^\\s*[-*] |\\[[^]]+]\\([^)]+\\)");
  private static final Pattern TABLE = Pattern.compile("(?m)^\\s*\\|.*\\|.*\\|\\s*$");
  private static final Pattern EMOJI =
      Pattern.compile("[\\x{1F300}-\\x{1FAFF}\\x{2600}-\\x{27BF}]|(?<=\\s|^)[:;]-?[)D(](?=\\s|$)");
  private static final Pattern SORRY =
      Pattern.compile("\\b(sorry|apologi[sz]e|apologies)\\b", Pattern.CASE_INSENSITIVE);
  private static final Pattern CASUAL =
      Pattern.compile(
          "\\b(hey|yeah|yep|gonna|wanna|gotta|kinda|cool|awesome|lol|haha|guys|dude|btw|no"
              + " worries)\\b|!{2,}|\\b\\w+('re|'ll|n't|'ve|'m)\\b",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern STIFF =
      Pattern.compile(
          "\\b(furthermore|moreover|therefore|hence|regarding|please find|kindly|sincerely|dear"
              + " (sir|madam|user)|pursuant|hereby)\\b",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern METRIC =
      Pattern.compile(
          "\\d\\s?(km|cm|mm|m|kg|g|l|ml|°c|celsius|kilomet\\w+|centimet\\w+|met(er|re)s?|kilo\\w*|grams?|lit(er|re)s?)\\b",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern IMPERIAL =
      Pattern.compile(
          "\\d\\s?(mi|miles?|mph|ft|feet|foot|in|inch(es)?|lbs?|pounds?|oz|ounces?|°f|fahrenheit|gallons?|yards?)\\b",
          Pattern.CASE_INSENSITIVE);

  /** A reply of up to this many words is short by anyone's measure. */
  private static final int SHORT = 60;

  private static final int LONG = 120;

  private FormCheck() {}

  /** Whether any reply could ever be told to keep or break this wish. */
  static boolean canCheck(StatedPreference wish) {
    return switch (wish.slot()) {
      case LENGTH, FORMAT, TONE, EMOJI, UNITS, APOLOGY, CODE_LANGUAGE -> true;
      case NAME, LANGUAGE, LEVEL, OTHER -> false;
    };
  }

  public static Verdict check(StatedPreference wish, String reply) {
    return check(wish.slot(), wish.value(), reply);
  }

  static Verdict check(StatedPreference.Slot slot, String value, String reply) {
    return switch (slot) {
      case LENGTH -> length(value, wordCount(reply));
      case FORMAT -> format(value, reply);
      case TONE -> tone(value, reply);
      case EMOJI -> verdict(value.equals("none") != EMOJI.matcher(reply).find());
      case UNITS -> units(value, reply);
      case APOLOGY -> verdict(!SORRY.matcher(reply).find());
      case CODE_LANGUAGE -> codeLanguage(value, reply);
      case NAME, LANGUAGE, LEVEL, OTHER -> Verdict.UNKNOWN;
    };
  }

  private static Verdict verdict(boolean kept) {
    return kept ? Verdict.KEPT : Verdict.BROKEN;
  }

  private static Verdict length(String value, int words) {
    boolean wantsShort = value.equals("short");
    if (words <= SHORT) {
      return verdict(wantsShort);
    }
    return words >= LONG ? verdict(!wantsShort) : Verdict.UNKNOWN;
  }

  private static Verdict format(String value, String reply) {
    return switch (value) {
      case "bullets" -> verdict(BULLET.matcher(reply).find());
      case "prose" -> verdict(!BULLET.matcher(reply).find());
      case "table" -> verdict(TABLE.matcher(reply).find());
      case "plain" -> verdict(!MARKDOWN.matcher(reply).find());
      case "code-only" -> verdict(reply.strip().startsWith("```") && reply.strip().endsWith("```"));
      default -> Verdict.UNKNOWN;
    };
  }

  private static Verdict tone(String value, String reply) {
    boolean casual = CASUAL.matcher(reply).find();
    boolean stiff = STIFF.matcher(reply).find();
    if (casual == stiff) {
      return Verdict.UNKNOWN;
    }
    return verdict(value.equals("casual") == casual);
  }

  private static Verdict units(String value, String reply) {
    boolean metric = METRIC.matcher(reply).find();
    boolean imperial = IMPERIAL.matcher(reply).find();
    if (metric == imperial) {
      return Verdict.UNKNOWN;
    }
    return verdict(value.equals("metric") == metric);
  }

  private static Verdict codeLanguage(String value, String reply) {
    var fence = Pattern.compile("```(\\w[\\w+#]*)").matcher(reply);
    if (!fence.find()) {
      return Verdict.UNKNOWN;
    }
    String language = fence.group(1).toLowerCase(Locale.ROOT);
    String wanted = value.toLowerCase(Locale.ROOT);
    String canonical =
        switch (language) {
          case "js" -> "javascript";
          case "ts" -> "typescript";
          case "py" -> "python";
          case "cpp" -> "c++";
          case "csharp", "cs" -> "c#";
          case "rs" -> "rust";
          case "kt" -> "kotlin";
          default -> language;
        };
    return verdict(canonical.equals(wanted));
  }

  static int wordCount(String text) {
    String stripped = text.strip();
    return stripped.isEmpty() ? 0 : stripped.split("\\s+").length;
  }
}

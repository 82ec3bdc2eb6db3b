package dev.mneme.preference;

import java.util.Locale;
import java.util.regex.Matcher;
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

  private static final Pattern GREETED =
      Pattern.compile(
          "^(?i:hi|hello|hey|dear|good (?i:morning|afternoon|evening))[,"
              + " ]+(?!(?i:there|again|all|everyone|friend|you|to|and|world)\\b)\\p{Lu}\\p{Ll}+[,!.]");
  private static final Pattern WORD = Pattern.compile("\\p{L}[\\p{L}'-]*");

  /** Letters from which on a word counts as long, the measure of the LIX formula being seven. */
  private static final int LONG_WORD = 9;

  /** Fewer words say nothing of a level. */
  private static final int LEVEL_WORDS = 25;

  /** At most this share of long words is plain language. */
  private static final double PLAIN = 0.06;

  /** At least this share of long words is learned language. */
  private static final double LEARNED = 0.2;

  /** A reply of up to this many words is short by anyone's measure. */
  private static final int SHORT = 60;

  private static final int LONG = 120;

  private FormCheck() {}

  /** Whether any reply could ever be told to keep or break this wish. */
  static boolean canCheck(StatedPreference wish) {
    return wish.slot() != StatedPreference.Slot.OTHER;
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
      case NAME -> name(value, reply);
      case LANGUAGE -> language(value, reply);
      case LEVEL -> level(value, reply);
      case OTHER -> Verdict.UNKNOWN;
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

  /** Kept by using the name, broken by greeting the person by another; most replies use none. */
  private static Verdict name(String value, String reply) {
    if (Pattern.compile("(?<![\\p{L}'-])" + Pattern.quote(value) + "(?![\\p{L}-])")
        .matcher(reply)
        .find()) {
      return Verdict.KEPT;
    }
    return GREETED.matcher(reply.strip()).find() ? Verdict.BROKEN : Verdict.UNKNOWN;
  }

  private static Verdict language(String value, String reply) {
    String written = WrittenLanguage.of(reply);
    return written.isEmpty() ? Verdict.UNKNOWN : verdict(written.equalsIgnoreCase(value));
  }

  /**
   * By the words' length, which is what readability formulas mostly measure: plain explanations
   * have few long words, expert ones many. Between the two, and for short replies, nothing is told.
   */
  private static Verdict level(String value, String reply) {
    int words = 0;
    int longWords = 0;
    Matcher each = WORD.matcher(reply);
    while (each.find()) {
      words++;
      longWords += each.end() - each.start() >= LONG_WORD ? 1 : 0;
    }
    if (words < LEVEL_WORDS) {
      return Verdict.UNKNOWN;
    }
    double share = (double) longWords / words;
    boolean simple = value.equals("simple");
    if (share <= PLAIN) {
      return simple ? Verdict.KEPT : Verdict.UNKNOWN;
    }
    return share >= LEARNED ? verdict(!simple) : Verdict.UNKNOWN;
  }

  static int wordCount(String text) {
    String stripped = text.strip();
    return stripped.isEmpty() ? 0 : stripped.split("\\s+").length;
  }
}

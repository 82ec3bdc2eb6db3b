package dev.mneme.preference;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The language a text is written in, where it shows: by its script, or by the small words that no
 * text in the language can do without. Meant for one question, whether a reply is in the language
 * somebody asked for, so it says nothing rather than guess. Stateless.
 */
final class WrittenLanguage {
  /** Words of a text that have to be known small words of one language, as a share. */
  private static final double ENOUGH = 0.12;

  /** How much more of them than of the next language's. */
  private static final double CLEARLY = 1.5;

  private static final int FEWEST = 3;

  private static final Pattern WORD = Pattern.compile("\\p{L}+");
  private static final Pattern CODE = Pattern.compile("(?s)```.*?```|`[^`]*`");

  private static final Map<String, Set<String>> SMALL_WORDS = smallWords();

  private WrittenLanguage() {}

  /** English, German and so on as {@code wishes.txt} names them; empty where it does not show. */
  static String of(String text) {
    String prose = CODE.matcher(text).replaceAll(" ");
    String byScript = script(prose);
    if (!byScript.isEmpty()) {
      return byScript.equals("Latin") ? bySmallWords(prose) : byScript;
    }
    return "";
  }

  private static String script(String text) {
    Map<String, Integer> letters = new LinkedHashMap<>();
    int all = 0;
    for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
      int letter = text.codePointAt(at);
      if (Character.isLetter(letter)) {
        letters.merge(scriptName(Character.UnicodeScript.of(letter)), 1, Integer::sum);
        all++;
      }
    }
    // Japanese mixes two scripts of its own with Chinese characters.
    if (letters.getOrDefault("Japanese", 0) > 0) {
      letters.merge("Japanese", letters.getOrDefault("Chinese", 0), Integer::sum);
    }
    for (var each : letters.entrySet()) {
      if (!each.getKey().isEmpty() && each.getValue() > 0.6 * all) {
        return each.getKey();
      }
    }
    return "";
  }

  private static String scriptName(Character.UnicodeScript script) {
    return switch (script) {
      case LATIN -> "Latin";
      case CYRILLIC -> "Russian";
      case GREEK -> "Greek";
      case ARABIC -> "Arabic";
      case DEVANAGARI -> "Hindi";
      case HANGUL -> "Korean";
      case HIRAGANA, KATAKANA -> "Japanese";
      case HAN -> "Chinese";
      default -> "";
    };
  }

  private static String bySmallWords(String text) {
    List<String> words =
        WORD.matcher(text.toLowerCase(Locale.ROOT)).results().map(each -> each.group()).toList();
    String best = "";
    double most = 0;
    double next = 0;
    int known = 0;
    for (var each : SMALL_WORDS.entrySet()) {
      int count = (int) words.stream().filter(each.getValue()::contains).count();
      double share = (double) count / Math.max(1, words.size());
      if (share > most) {
        next = most;
        most = share;
        best = each.getKey();
        known = count;
      } else {
        next = Math.max(next, share);
      }
    }
    return known >= FEWEST && most >= ENOUGH && most >= CLEARLY * next ? best : "";
  }

  private static Map<String, Set<String>> smallWords() {
    var all = new LinkedHashMap<String, Set<String>>();
    Resources.lines("small-words.txt")
        .forEach(
            line -> {
              String[] fields = line.split(" \\| ");
              all.put(fields[0].strip(), new HashSet<>(List.of(fields[1].strip().split(" +"))));
            });
    return all;
  }
}

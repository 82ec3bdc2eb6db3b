package dev.mneme.evals.ours;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** What the criteria read off a text. */
final class Texts {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+(?:['’-][\\p{L}\\p{N}]+)*");
  private static final Pattern SENTENCE_END = Pattern.compile("[.!?]+[\"')»”]*(?=\\s|$)");
  private static final Pattern NUMBER = Pattern.compile("\\d+(?:[.,]\\d+)*");
  private static final Pattern THOUSANDS = Pattern.compile("(?<=\\d),(?=\\d{3}(?!\\d))");

  private static final Set<String> FUNCTION_WORDS =
      Set.of(
          ("a an the this that these those i you he she it we they me my your his her its our their"
               + " and or but so if of in on at by for from with to as is are was were be been am"
               + " do does did have has had will would can could not no yes there here then than"
               + " too very just all one")
              .split(" "));

  private static final Map<String, Integer> NUMBER_WORDS = numberWords();

  private Texts() {}

  /** The words, in lower case. */
  static List<String> words(String text) {
    return WORD.matcher(text.toLowerCase(Locale.ROOT)).results().map(each -> each.group()).toList();
  }

  static int sentences(String text) {
    int ends = (int) SENTENCE_END.matcher(text.strip()).results().count();
    boolean open = !text.isBlank() && !text.strip().matches("(?s).*[.!?]+[\"')»”]*$");
    return ends + (open ? 1 : 0);
  }

  static List<String> lines(String text) {
    return text.lines().map(String::strip).filter(each -> !each.isEmpty()).toList();
  }

  /** The different content words. */
  static Set<String> contentWords(String text) {
    var words = new HashSet<>(words(text));
    words.removeAll(FUNCTION_WORDS);
    return words;
  }

  static int shared(String first, String second) {
    Set<String> words = contentWords(first);
    words.retainAll(contentWords(second));
    return words.size();
  }

  /** Of the first text's content words, the share that the second has too. */
  static double shareKept(String first, String second) {
    int all = contentWords(first).size();
    return all == 0 ? 0 : (double) shared(first, second) / all;
  }

  static Set<Double> numbers(String text) {
    return new HashSet<>(numbersInOrder(text));
  }

  /** Numbers in digits, and up to a hundred in words. */
  static List<Double> numbersInOrder(String text) {
    var numbers = new ArrayList<Double>();
    String plain = THOUSANDS.matcher(text).replaceAll("");
    var token = Pattern.compile(NUMBER.pattern() + "|" + WORD.pattern()).matcher(plain);
    while (token.find()) {
      String found = token.group().toLowerCase(Locale.ROOT);
      Integer word = NUMBER_WORDS.get(found);
      if (word != null) {
        numbers.add((double) word);
      } else {
        NUMBER
            .matcher(found)
            .results()
            .map(each -> parse(each.group()))
            .filter(each -> each != null)
            .forEach(numbers::add);
      }
    }
    return numbers;
  }

  private static @Nullable Double parse(String digits) {
    try {
      return Double.valueOf(digits.replace(',', '.'));
    } catch (NumberFormatException e) {
      // Dates and versions such as 1.2.3 are no numbers.
      return null;
    }
  }

  /** Of the fields, the share that the first JSON object of the text has with the same value. */
  static double matchingFields(String text, Map<String, JsonNode> fields) {
    JsonNode object = firstObject(text);
    if (object == null) {
      return 0;
    }
    long matching =
        fields.entrySet().stream()
            .filter(each -> sameValue(each.getValue(), object.get(each.getKey())))
            .count();
    return (double) matching / fields.size();
  }

  private static @Nullable JsonNode firstObject(String text) {
    int from = text.indexOf('{');
    int to = text.lastIndexOf('}');
    if (from < 0 || to < from) {
      return null;
    }
    try {
      JsonNode node = Json.mapper().readTree(text.substring(from, to + 1));
      return node.isObject() ? node : null;
    } catch (JacksonException e) {
      return null;
    }
  }

  private static boolean sameValue(JsonNode wanted, @Nullable JsonNode found) {
    if (found == null || !found.isValueNode()) {
      return false;
    }
    String a = wanted.asString().strip().toLowerCase(Locale.ROOT);
    String b = found.asString().strip().toLowerCase(Locale.ROOT);
    return a.equals(b);
  }

  private static Map<String, Integer> numberWords() {
    List<String> ones =
        List.of(
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen");
    List<String> tens =
        List.of("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety");
    var words = new HashMap<String, Integer>();
    for (int i = 0; i < ones.size(); i++) {
      words.put(ones.get(i), i);
    }
    for (int i = 0; i < tens.size(); i++) {
      words.put(tens.get(i), 20 + 10 * i);
      for (int j = 1; j < 10; j++) {
        words.put(tens.get(i) + "-" + ones.get(j), 20 + 10 * i + j);
      }
    }
    words.put("hundred", 100);
    return requireNonNull(words);
  }
}

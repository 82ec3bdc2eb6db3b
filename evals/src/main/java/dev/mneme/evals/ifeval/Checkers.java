package dev.mneme.evals.ifeval;

import static dev.mneme.evals.ifeval.PythonText.BOUNDARY;
import static dev.mneme.evals.ifeval.PythonText.SPACE;
import static dev.mneme.evals.ifeval.PythonText.isBlank;
import static dev.mneme.evals.ifeval.PythonText.lower;
import static dev.mneme.evals.ifeval.PythonText.strip;

import dev.mneme.data.Json;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;

/** The 25 checkers, by the instruction's id. */
final class Checkers {
  private static final int ANY_CASE = Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE;

  /** Python's {@code json.loads}: one value and nothing after it; NaN and Infinity are numbers. */
  private static final ObjectReader PYTHON_JSON =
      Json.mapper()
          .reader()
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .with(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS);

  private static final List<String> CONSTRAINED =
      List.of("My answer is yes.", "My answer is no.", "My answer is maybe.");

  private static final Map<String, BiFunction<Arguments, Draw, Checker>> BY_ID =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("keywords:existence", Checkers::keywords),
              Map.entry("keywords:frequency", Checkers::keywordFrequency),
              Map.entry("keywords:forbidden_words", Checkers::forbiddenWords),
              Map.entry("keywords:letter_frequency", Checkers::letterFrequency),
              Map.entry("language:response_language", Checkers::language),
              Map.entry("length_constraints:number_sentences", Checkers::sentences),
              Map.entry("length_constraints:number_paragraphs", Checkers::paragraphs),
              Map.entry("length_constraints:number_words", Checkers::words),
              Map.entry("length_constraints:nth_paragraph_first_word", Checkers::nthParagraph),
              Map.entry("detectable_content:number_placeholders", Checkers::placeholders),
              Map.entry("detectable_content:postscript", Checkers::postscript),
              Map.entry("detectable_format:number_bullet_lists", Checkers::bullets),
              Map.entry("detectable_format:constrained_response", Checkers::constrained),
              Map.entry("detectable_format:number_highlighted_sections", Checkers::highlights),
              Map.entry("detectable_format:multiple_sections", Checkers::sections),
              Map.entry("detectable_format:json_format", Checkers::json),
              Map.entry("detectable_format:title", Checkers::title),
              Map.entry("combination:two_responses", Checkers::twoResponses),
              Map.entry("combination:repeat_prompt", Checkers::repeatPrompt),
              Map.entry("startend:end_checker", Checkers::endsWith),
              Map.entry("startend:quotation", Checkers::quotation),
              Map.entry("change_case:capital_word_frequency", Checkers::capitalWords),
              Map.entry("change_case:english_capital", Checkers::upperCaseEnglish),
              Map.entry("change_case:english_lowercase", Checkers::lowerCaseEnglish),
              Map.entry("punctuation:no_comma", Checkers::noComma)));

  /** Stands in for the random choices of the official checker. */
  interface Draw {
    /** A letter from a to z. */
    char letter();

    /** Seeds the language detection. */
    long seed();
  }

  private Checkers() {}

  static Set<String> ids() {
    return BY_ID.keySet();
  }

  /**
   * @throws IllegalArgumentException for an unknown id or arguments that do not fit it
   */
  static Checker of(String id, Map<String, Object> arguments, Draw draw) {
    BiFunction<Arguments, Draw, Checker> factory = BY_ID.get(id);
    if (factory == null) {
      throw new IllegalArgumentException(
          "no instruction is called \"" + id + "\"; there are " + BY_ID.keySet());
    }
    return factory.apply(new Arguments(id, arguments), draw);
  }

  private static Checker keywords(Arguments arguments, Draw draw) {
    List<Pattern> keywords =
        arguments.texts("keywords").stream().map(each -> keyword(each, "")).toList();
    return reply -> keywords.stream().allMatch(each -> each.matcher(reply).find());
  }

  private static Checker keywordFrequency(Arguments arguments, Draw draw) {
    Pattern keyword = keyword(strip(arguments.text("keyword")), "");
    var threshold = arguments.threshold("relation", "frequency");
    return reply -> threshold.holds(PythonText.count(keyword, reply));
  }

  private static Checker forbiddenWords(Arguments arguments, Draw draw) {
    List<Pattern> words =
        arguments.texts("forbidden_words").stream().map(each -> keyword(each, BOUNDARY)).toList();
    return reply -> words.stream().noneMatch(each -> each.matcher(reply).find());
  }

  /** The official checker treats a keyword as a regular expression. */
  private static Pattern keyword(String keyword, String edge) {
    try {
      return PythonText.pattern(edge + keyword + edge, ANY_CASE);
    } catch (PatternSyntaxException e) {
      return PythonText.pattern(edge + Pattern.quote(keyword) + edge, ANY_CASE);
    }
  }

  private static Checker letterFrequency(Arguments arguments, Draw draw) {
    String given = lower(strip(arguments.text("letter")));
    // Where the data asks for a mark such as '#', the official checker counts a random letter.
    int letter = given.matches("[a-z]") ? given.codePointAt(0) : draw.letter();
    var threshold = arguments.threshold("let_relation", "let_frequency");
    return reply ->
        threshold.holds((int) lower(reply).codePoints().filter(each -> each == letter).count());
  }

  private static Checker language(Arguments arguments, Draw draw) {
    String language = lower(arguments.text("language"));
    return reply ->
        Languages.shared().detect(reply, draw.seed()).map(language::equals).orElse(true);
  }

  private static Checker sentences(Arguments arguments, Draw draw) {
    var threshold = arguments.threshold("relation", "num_sentences");
    return reply -> threshold.holds(PunktSentences.split(reply).size());
  }

  private static Checker paragraphs(Arguments arguments, Draw draw) {
    int expected = arguments.integer("num_paragraphs");
    Pattern divider = PythonText.pattern(SPACE + "?\\*\\*\\*" + SPACE + "?", 0);
    return reply -> {
      String[] paragraphs = divider.split(reply, -1);
      int count = paragraphs.length;
      for (int i = 0; i < paragraphs.length; i++) {
        if (isBlank(paragraphs[i])) {
          if (i != 0 && i != paragraphs.length - 1) {
            return false;
          }
          count--;
        }
      }
      return count == expected;
    };
  }

  private static Checker words(Arguments arguments, Draw draw) {
    var threshold = arguments.threshold("relation", "num_words");
    return reply -> threshold.holds(PythonText.countWords(reply));
  }

  private static Checker nthParagraph(Arguments arguments, Draw draw) {
    int expected = arguments.integer("num_paragraphs");
    int nth = arguments.integer("nth_paragraph");
    String firstWord = lower(arguments.text("first_word"));
    return reply -> {
      List<String> paragraphs = Arrays.asList(reply.split("\n\n", -1));
      int count = (int) paragraphs.stream().filter(each -> !isBlank(each)).count();
      if (nth > count || isBlank(paragraphs.get(nth - 1))) {
        return false;
      }
      return count == expected && firstWord.equals(firstWordOf(strip(paragraphs.get(nth - 1))));
    };
  }

  private static String firstWordOf(String paragraph) {
    String word = paragraph.split(SPACE + "+", 2)[0];
    word = PythonText.stripStart(PythonText.stripStart(word, '\''), '"');
    int end = 0;
    while (end < word.length() && ".,?!'\"".indexOf(word.charAt(end)) < 0) {
      end++;
    }
    return lower(word.substring(0, end));
  }

  private static Checker placeholders(Arguments arguments, Draw draw) {
    int expected = arguments.integer("num_placeholders");
    Pattern placeholder = PythonText.pattern("\\[.*?\\]", 0);
    return reply -> PythonText.count(placeholder, reply) >= expected;
  }

  private static Checker postscript(Arguments arguments, Draw draw) {
    String marker = strip(arguments.text("postscript_marker"));
    String regex =
        switch (marker) {
          case "P.P.S" -> "p\\." + SPACE + "?p\\." + SPACE + "?s";
          case "P.S." -> "p\\." + SPACE + "?s\\.";
          default -> lower(marker);
        };
    Pattern postscript = PythonText.pattern(regex, 0);
    return reply -> postscript.matcher(lower(reply)).find();
  }

  private static Checker bullets(Arguments arguments, Draw draw) {
    int expected = arguments.integer("num_bullets");
    Pattern star = PythonText.pattern("^" + SPACE + "*\\*[^*].*$", Pattern.MULTILINE);
    Pattern dash = PythonText.pattern("^" + SPACE + "*-.*$", Pattern.MULTILINE);
    return reply -> PythonText.count(star, reply) + PythonText.count(dash, reply) == expected;
  }

  private static Checker constrained(Arguments arguments, Draw draw) {
    return reply -> CONSTRAINED.stream().anyMatch(reply::contains);
  }

  private static Checker highlights(Arguments arguments, Draw draw) {
    int expected = arguments.integer("num_highlights");
    Pattern single = PythonText.pattern("\\*[^\\n*]*\\*", 0);
    Pattern pair = PythonText.pattern("\\*\\*([^\\n*]*)\\*\\*", 0);
    return reply -> {
      long singles =
          single
              .matcher(reply)
              .results()
              .filter(each -> !isBlank(strip(each.group(), '*')))
              .count();
      long pairs = pair.matcher(reply).results().filter(each -> !isBlank(each.group(1))).count();
      return singles + pairs >= expected;
    };
  }

  private static Checker sections(Arguments arguments, Draw draw) {
    int expected = arguments.integer("num_sections");
    String splitter = strip(arguments.text("section_spliter"));
    Pattern section =
        PythonText.pattern(SPACE + "?" + splitter + SPACE + "?\\p{Nd}+" + SPACE + "?", 0);
    return reply -> PythonText.count(section, reply) >= expected;
  }

  private static Checker json(Arguments arguments, Draw draw) {
    return reply -> {
      String value = strip(reply);
      for (String fence : List.of("```json", "```Json", "```JSON", "```")) {
        value = PythonText.removePrefix(value, fence);
      }
      value = strip(PythonText.removeSuffix(value, "```"));
      try {
        return !value.isEmpty() && !PYTHON_JSON.readTree(value).isMissingNode();
      } catch (JacksonException e) {
        return false;
      }
    };
  }

  private static Checker title(Arguments arguments, Draw draw) {
    Pattern title = PythonText.pattern("<<[^\\n]+>>", 0);
    return reply ->
        title
            .matcher(reply)
            .results()
            .map(each -> PythonText.stripEnd(PythonText.stripStart(each.group(), '<'), '>'))
            .anyMatch(each -> !isBlank(each));
  }

  private static Checker twoResponses(Arguments arguments, Draw draw) {
    return reply -> {
      String[] parts = reply.split(Pattern.quote("******"), -1);
      for (int i = 1; i < parts.length - 1; i++) {
        if (isBlank(parts[i])) {
          return false;
        }
      }
      List<String> answers =
          Arrays.stream(parts).map(PythonText::strip).filter(each -> !each.isEmpty()).toList();
      return answers.size() == 2 && !answers.get(0).equals(answers.get(1));
    };
  }

  private static Checker repeatPrompt(Arguments arguments, Draw draw) {
    String prompt = lower(strip(arguments.text("prompt_to_repeat")));
    return reply -> lower(strip(reply)).startsWith(prompt);
  }

  private static Checker endsWith(Arguments arguments, Draw draw) {
    String phrase = lower(strip(arguments.text("end_phrase")));
    return reply -> lower(strip(strip(reply), '"')).endsWith(phrase);
  }

  private static Checker quotation(Arguments arguments, Draw draw) {
    return reply -> {
      String text = strip(reply);
      return text.length() > 1 && text.startsWith("\"") && text.endsWith("\"");
    };
  }

  private static Checker capitalWords(Arguments arguments, Draw draw) {
    var threshold = arguments.threshold("capital_relation", "capital_frequency");
    return reply ->
        threshold.holds(
            (int) TreebankWords.split(reply).stream().filter(PythonText::isUpper).count());
  }

  private static Checker upperCaseEnglish(Arguments arguments, Draw draw) {
    return reply -> PythonText.isUpper(reply) && isEnglish(reply, draw);
  }

  private static Checker lowerCaseEnglish(Arguments arguments, Draw draw) {
    return reply -> PythonText.isLower(reply) && isEnglish(reply, draw);
  }

  private static boolean isEnglish(String reply, Draw draw) {
    return Languages.shared().detect(reply, draw.seed()).map("en"::equals).orElse(true);
  }

  private static Checker noComma(Arguments arguments, Draw draw) {
    return reply -> reply.indexOf(',') < 0;
  }
}

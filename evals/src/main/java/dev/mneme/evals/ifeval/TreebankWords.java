package dev.mneme.evals.ifeval;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Splits a sentence into the words and marks of the Penn Treebank's convention: punctuation stands
 * alone, hyphenated words stay whole, {@code CAN'T} becomes {@code CA} and {@code N'T}.
 */
final class TreebankWords {
  private record Rule(Pattern pattern, String replacement) {}

  private static final List<Rule> RULES =
      List.of(
          rule("([«“‘„]|`+)", " $1 "),
          rule("^\"", " `` "),
          rule("([ (\\[{<])(\"|'{2})", "$1 `` "),
          rule("([^.])(\\.)([\\])}>\"'»”’ ]*)\\s*$", "$1 $2 $3 "),
          rule("([:,])([^\\d])", " $1 $2"),
          rule("([:,])$", " $1 "),
          rule("\\.{2,}", " $0 "),
          rule("[;@#$%&]", " $0 "),
          rule("[?!]", " $0 "),
          rule("([^'])' ", "$1 ' "),
          rule("[*]", " $0 "),
          rule("[\\]\\[(){}<>]", " $0 "),
          rule("--", " -- "),
          rule("([»”’])", " $1 "),
          rule("''", " '' "),
          rule("\"", " '' "),
          rule("([^' ])('[sS]|'[mM]|'[dD]|') ", "$1 $2 "),
          rule("([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", "$1 $2 "),
          rule("(?i)\\b(can)(not)\\b", " $1 $2 "),
          rule("(?i)\\b(gim|lem)(me)\\b", " $1 $2 "),
          rule("(?i)\\b(gon|wan)(na)\\b", " $1 $2 "),
          rule("(?i)\\b(got)(ta)\\b", " $1 $2 "),
          rule("(?i) ('t)(is|was)\\b", " $1 $2 "));

  private TreebankWords() {}

  /** The words of a text, sentence by sentence. */
  static List<String> split(String text) {
    var words = new ArrayList<String>();
    for (String sentence : PunktSentences.split(text)) {
      String spaced = sentence;
      for (Rule each : RULES) {
        if (each.pattern().pattern().startsWith("([^' ])")) {
          spaced = spaced.endsWith(" ") ? spaced : " " + spaced + " ";
        }
        spaced = each.pattern().matcher(spaced).replaceAll(each.replacement());
      }
      for (String word : spaced.strip().split(PythonText.SPACE + "+")) {
        if (!word.isEmpty()) {
          words.add(word);
        }
      }
    }
    return words;
  }

  private static Rule rule(String regex, String replacement) {
    return new Rule(PythonText.pattern(regex, 0), replacement);
  }
}

package dev.mneme.agent.sim;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * One thing a simulated person likes about the form of replies: how to see whether a reply has it,
 * how the person complains when it has not, and how they would have written it.
 */
@SuppressWarnings("ImmutableEnumChecker") // pure functions and an unmodifiable list
enum Taste {
  @JsonProperty("one_sentence")
  ONE_SENTENCE(
      text -> sentences(text) == 1,
      text -> firstSentence(text),
      "One sentence is enough for me.",
      "Please keep it to one sentence.",
      "I only need a single sentence."),
  @JsonProperty("brief")
  BRIEF(
      text -> words(text) <= 12,
      text -> firstWords(firstSentence(text), 12),
      "That is too long for me.",
      "Shorter, please.",
      "Could you be briefer?"),
  @JsonProperty("detailed")
  DETAILED(
      text -> words(text) >= 25,
      text ->
          text.strip()
              + " Here is a little more about it, so that you know why and can go on from there by"
              + " yourself without having to ask me once again about the details.",
      "That is too short for me.",
      "I would like more detail.",
      "Please explain it a little more."),
  @JsonProperty("bullets")
  BULLETS(
      text -> text.lines().filter(line -> !line.isBlank()).allMatch(line -> line.startsWith("- ")),
      text ->
          Arrays.stream(text.strip().split("(?<=[.!?])\\s+"))
              .map(each -> each.startsWith("- ") ? each : "- " + each)
              .collect(Collectors.joining("\n")),
      "I prefer a list with dashes.",
      "Please write it as a bullet list.",
      "Could I have that as bullets?"),
  @JsonProperty("plain_prose")
  PLAIN_PROSE(
      text -> text.lines().noneMatch(line -> line.matches("\\s*([-*]|\\d+\\.)\\s.*")),
      text -> text.replaceAll("(?m)^\\s*([-*]|\\d+\\.)\\s+", "").replaceAll("\\s+", " ").strip(),
      "No lists, please.",
      "I prefer plain sentences to lists.",
      "Please write it out instead of listing it."),
  @JsonProperty("lower_case")
  LOWER_CASE(
      text -> text.equals(text.toLowerCase(Locale.ROOT)),
      text -> text.toLowerCase(Locale.ROOT),
      "no capitals, please.",
      "i like everything in lower case.",
      "could you write in small letters only?"),
  @JsonProperty("calm")
  CALM(
      text -> text.indexOf('!') < 0,
      text -> text.replace('!', '.'),
      "Less shouting, please.",
      "No exclamation marks, please.",
      "A calmer tone would be nice."),
  @JsonProperty("asks_back")
  ASKS_BACK(
      text -> text.strip().endsWith("?"),
      text -> text.strip() + " Would you like to know more?",
      "Ask me something back.",
      "I like it when you end with a question.",
      "You could ask whether I want more.");

  private final Predicate<String> holds;
  private final UnaryOperator<String> mend;
  private final List<String> complaints;

  Taste(Predicate<String> holds, UnaryOperator<String> mend, String... complaints) {
    this.holds = holds;
    this.mend = mend;
    this.complaints = List.of(complaints);
  }

  boolean likes(String reply) {
    return !reply.isBlank() && holds.test(reply);
  }

  /** The reply as this person would have written it. */
  String mended(String reply) {
    return mend.apply(reply);
  }

  /** Ways of saying that it is missing. */
  List<String> complaints() {
    return complaints;
  }

  static int words(String text) {
    return text.isBlank() ? 0 : text.strip().split("\\s+").length;
  }

  private static int sentences(String text) {
    return (int)
        Arrays.stream(text.strip().split("(?<=[.!?])\\s+")).filter(each -> !each.isBlank()).count();
  }

  private static String firstSentence(String text) {
    return text.strip().split("(?<=[.!?])\\s+", 2)[0];
  }

  private static String firstWords(String text, int most) {
    String[] words = text.strip().split("\\s+");
    if (words.length <= most) {
      return text;
    }
    return String.join(" ", Arrays.asList(words).subList(0, most)).replaceAll("[,;:]$", "") + ".";
  }
}

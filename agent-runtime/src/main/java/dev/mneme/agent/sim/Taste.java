package dev.mneme.agent.sim;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
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
      "Please answer in one sentence.",
      "I only need a single sentence.",
      "Tell me in one sentence, please."),
  @JsonProperty("brief")
  BRIEF(
      text -> words(text) <= 12,
      text -> firstWords(firstSentence(text), 12),
      "That is too long for me.",
      "Shorter answers, please.",
      "Could you be more concise?",
      "I like short answers."),
  @JsonProperty("detailed")
  DETAILED(
      text -> words(text) >= 25,
      text ->
          text.strip()
              + " Here is a little more about it, so that you know why and can go on from there by"
              + " yourself without having to ask me once again about the details.",
      "That is too short for me.",
      "I would like more detail.",
      "Please explain it a little more.",
      "I prefer longer answers."),
  @JsonProperty("bullets")
  BULLETS(
      text -> text.lines().filter(line -> !line.isBlank()).allMatch(line -> line.startsWith("- ")),
      text ->
          Arrays.stream(text.strip().split("(?<=[.!?])\\s+"))
              .map(each -> each.startsWith("- ") ? each : "- " + each)
              .collect(Collectors.joining("\n")),
      "I prefer a list with dashes.",
      "Please use bullet points.",
      "Could I have that as bullets?",
      "I want bullet points."),
  @JsonProperty("plain_prose")
  PLAIN_PROSE(
      text -> text.lines().noneMatch(line -> line.matches("\\s*([-*]|\\d+\\.)\\s.*")),
      text -> text.replaceAll("(?m)^\\s*([-*]|\\d+\\.)\\s+", "").replaceAll("\\s+", " ").strip(),
      "No lists, please.",
      "I prefer plain sentences to lists.",
      "Please write it out instead of listing it.",
      "Please do not use bullet points."),
  @JsonProperty("lower_case")
  LOWER_CASE(
      text -> text.equals(text.toLowerCase(Locale.ROOT)),
      text -> text.toLowerCase(Locale.ROOT),
      "no capitals, please.",
      "i like everything in lower case.",
      "could you write in small letters only?",
      "small letters are enough for me."),
  @JsonProperty("calm")
  CALM(
      text -> text.indexOf('!') < 0,
      text -> text.replace('!', '.'),
      "Less shouting, please.",
      "No exclamation marks, please.",
      "A calmer tone would be nice.",
      "There is no need to shout."),
  @JsonProperty("asks_back")
  ASKS_BACK(
      text -> text.strip().endsWith("?"),
      text ->
          text.strip()
              + closing(
                  text, "Anything else?", "Is there more I can do for you?", "Shall I go on?"),
      "Ask me something back.",
      "I like it when you end with a question.",
      "You could ask whether I want more.",
      "A question at the end would be nice."),
  @JsonProperty("formal")
  FORMAL(
      text -> courteous(text),
      text -> opening(text, "Certainly.", "Of course.", "With pleasure.") + text.strip(),
      "Please use a formal tone.",
      "I prefer you to be more formal.",
      "Could you write formally?",
      "A formal style would suit me better."),
  @JsonProperty("friendly")
  FRIENDLY(
      text -> text.indexOf('!') >= 0,
      text -> opening(text, "Sure!", "Happy to help!", "Good question!") + text.strip(),
      "Please use a friendly tone.",
      "I prefer you to be more friendly.",
      "Could you be a bit more relaxed?",
      "A warmer style would suit me better.");

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

  private static boolean courteous(String text) {
    return Pattern.compile(
            "\\b(certainly|of course|with pleasure|i am afraid|may assist|of assistance|thank you"
                + " for)\\b",
            Pattern.CASE_INSENSITIVE)
        .matcher(text)
        .find();
  }

  /**
   * One of several ways to begin, which the text itself chooses: people do not repeat themselves.
   */
  private static String opening(String text, String... ways) {
    return ways[Math.floorMod(text.hashCode(), ways.length)] + " ";
  }

  private static String closing(String text, String... ways) {
    return " " + ways[Math.floorMod(text.hashCode(), ways.length)];
  }

  private static String firstWords(String text, int most) {
    String[] words = text.strip().split("\\s+");
    if (words.length <= most) {
      return text;
    }
    return String.join(" ", Arrays.asList(words).subList(0, most)).replaceAll("[,;:]$", "") + ".";
  }
}

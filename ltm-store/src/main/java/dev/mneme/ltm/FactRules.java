package dev.mneme.ltm;

import dev.mneme.data.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Facts by pattern, from statements in the first person: name, age, home, origin, work, studies,
 * relations, pets, likes and dislikes, favourites, allergies, languages, plans.
 *
 * <p>Precision before recall: questions, conditions, reported speech and anything with "if" or
 * "would" say nothing; a value is cut at the clause's end and must be short. Stateless.
 */
final class FactRules implements FactExtractor {
  private static final int LONGEST_TURN = 20_000;
  private static final int LONGEST_VALUE = 80;
  private static final int MOST = 12;

  private static final Pattern SENTENCE = Pattern.compile("[^.!?\\n]+[.!?]?");
  private static final Pattern IDLE =
      Pattern.compile(
          "\\b(if|unless|would|could|might|maybe|imagine|suppose|pretend|wish|ask(ed|ing)?|said|says|told|used"
              + " to think)\\b");

  private static final String I = "(?:i am|i'm|im)";
  private static final String END =
      "(?=$|[.,;!?)]| and | but | because | so | since | with | which"
          + " | who | when | while | though | although | as | in order | these days| now\\b| - )";

  /** A rule: its pattern's group {@code v} is the value, {@code s} the subject's or kind's name. */
  private record Rule(
      Kind kind, String attribute, boolean single, double confidence, Pattern pattern) {}

  private static final List<Rule> RULES =
      List.of(
          holds(
              "call_me",
              true,
              0.95,
              "\\b(?:please )?call me (?<v>[a-z][\\w'-]+(?: [A-Z][\\w'-]+)?)" + END),
          holds(
              "name",
              true,
              0.95,
              "\\bmy (?:full |first )?name(?: is|'s) (?<v>[a-z][\\w'-]+(?: [a-z][\\w'-]+){0,2})"
                  + END),
          holds("age", true, 0.9, "\\b" + I + " (?<v>\\d{1,3})(?: years? old)?" + END),
          holds("age", true, 0.9, "\\bi (?:just )?turned (?<v>\\d{1,3})\\b"),
          holds("birthday", true, 0.9, "\\bmy birthday is (?:on )?(?<v>[\\w ]{3,30}?)" + END),
          holds(
              "birthday", true, 0.9, "\\bi was born (?:on|in) (?<v>(?:the )?[\\w ,]{3,30}?)" + END),
          holds(
              "lives_in",
              true,
              0.9,
              "\\b(?:i|we) (?:now |currently |still )?live in (?<v>[\\w' -]+?)" + END),
          holds(
              "lives_in",
              true,
              0.85,
              "\\b(?:i|we)(?:'ve| have)? (?:just |recently )?moved to (?<v>[\\w' -]+?)" + END),
          holds("lives_in", true, 0.85, "\\b" + I + " (?:based|living) in (?<v>[\\w' -]+?)" + END),
          holds(
              "from",
              true,
              0.85,
              "\\b(?:i come|i'm originally|i am originally|" + I + ") from (?<v>[\\w' -]+?)" + END),
          holds("from", true, 0.85, "\\bi grew up in (?<v>[\\w' -]+?)" + END),
          holds(
              "works_as",
              true,
              0.85,
              "\\bi (?:now |currently )?work as an? (?<v>[\\w' -]+?)(?= (?:at|for|in) |"
                  + END.substring(3)),
          holds("works_as", true, 0.8, "\\bmy job is (?:being )?(?:an? )?(?<v>[\\w' -]+?)" + END),
          holds(
              "works_at",
              true,
              0.85,
              "\\bi (?:now |currently )?work (?:as an? [\\w' -]+? )?(?:at|for) (?<v>[\\w'& -]+?)"
                  + END),
          holds(
              "works_at",
              true,
              0.8,
              "\\bi(?:'ve| have)? (?:just )?(?:started|joined)(?: working)? at (?<v>[\\w'& -]+?)"
                  + END),
          holds(
              "studies",
              true,
              0.85,
              "\\b(?:i study|i'm studying|i am studying|i major in|i'm majoring in) (?<v>[\\w'"
                  + " -]+?)(?= at |"
                  + END.substring(3)),
          holds(
              "married_to",
              true,
              0.9,
              "\\bmy (?:wife|husband|spouse|partner)(?:'s name is| is (?:called|named))"
                  + " (?<v>[a-z][\\w'-]+)"
                  + END),
          holds(
              "allergic_to",
              false,
              0.95,
              "\\b" + I + " (?:severely |very )?allergic to (?<v>[\\w' -]+?)" + END),
          holds("speaks", false, 0.85, "\\bi (?:also )?speak (?:fluent |some )?(?<v>[a-z]+)" + END),
          holds(
              "dislikes",
              false,
              0.85,
              "\\bi (?:really |absolutely )?(?:hate|dislike|can't stand|cannot stand) (?<v>[\\w'"
                  + " -]+?)"
                  + END),
          new Rule(
              Kind.DENIED,
              "likes",
              false,
              0.85,
              compile(
                  "\\bi (?:really )?(?:don't|do not) (?:really )?(?:like|enjoy|love) (?<v>[\\w'"
                      + " -]+?)"
                      + END)),
          new Rule(
              Kind.ENDED,
              "likes",
              false,
              0.9,
              compile(
                  "\\bi (?:no longer|don't|do not) (?:like|enjoy|love) (?<v>[\\w' -]+?)(?: any"
                      + " ?more)"
                      + END)),
          new Rule(
              Kind.ENDED,
              "likes",
              false,
              0.9,
              compile("\\bi no longer (?:like|enjoy|love) (?<v>[\\w' -]+?)" + END)),
          new Rule(
              Kind.ENDED,
              "lives_in",
              true,
              0.9,
              compile(
                  "\\bi (?:no longer live|don't live|do not live) in (?<v>[\\w' -]+?)(?: any"
                      + " ?more)?"
                      + END)),
          new Rule(
              Kind.ENDED,
              "works_at",
              true,
              0.9,
              compile(
                  "\\bi (?:no longer work|don't work|do not work|quit|stopped working) (?:at|for)"
                      + " (?<v>[\\w'& -]+?)(?: any ?more)?"
                      + END)),
          new Rule(
              Kind.ENDED,
              "works_as",
              true,
              0.9,
              compile(
                  "\\bi (?:no longer|don't) work as an? (?<v>[\\w' -]+?)(?: any ?more)?" + END)),
          holds(
              "favorite",
              true,
              0.9,
              "\\bmy (?:all[- ]time )?favou?rite (?<s>[\\w ]{3,25}?) (?:is|are) (?<v>[\\w' -]+?)"
                  + END),
          holds(
              "likes",
              false,
              0.8,
              "\\bi (?:really |also |absolutely |still |just )?(?:like|love|enjoy|adore) (?<v>[\\w'"
                  + " -]+?)"
                  + END),
          holds(
              "likes",
              false,
              0.75,
              "\\b" + I + " (?:a (?:big|huge) fan of|really into) (?<v>[\\w' -]+?)" + END),
          holds(
              "prefers",
              false,
              0.85,
              "\\bi (?:usually |always |really )?prefer (?<v>[\\w' -]+?)" + END),
          holds(
              "plans",
              false,
              0.7,
              "\\b(?:" + I + "|we're|we are) (?:planning|going) to (?<v>[\\w' -]{4,60}?)" + END),
          holds(
              "plans",
              false,
              0.7,
              "\\b(?:i|we) (?:plan|intend|want) to (?<v>[\\w' -]{4,60}?)" + END),
          holds(
              "pet",
              true,
              0.9,
              "\\bmy (?<s>dog|cat|puppy|kitten|rabbit|hamster|parrot|horse|turtle|fish)(?:'s name"
                  + " is|,| is (?:called|named)|'s called) (?<v>[a-z][\\w'-]+)"
                  + END),
          holds(
              "pet",
              true,
              0.85,
              "\\bi (?:have|got|adopted) an? (?:\\w+"
                  + " )?(?<s>dog|cat|puppy|kitten|rabbit|hamster|parrot|horse|turtle)(?: called|"
                  + " named) (?<v>[a-z][\\w'-]+)"
                  + END),
          holds(
              "relation",
              true,
              0.85,
              "\\bmy"
                  + " (?<s>mother|mom|mum|father|dad|sister|brother|son|daughter|girlfriend|boyfriend|best"
                  + " friend|boss|roommate)(?:'s name is| is (?:called|named)) (?<v>[a-z][\\w'-]+)"
                  + END));

  /** What the first words of a value show not to be a value. */
  private static final Set<String> HOLLOW =
      Set.of(
          "it",
          "that",
          "this",
          "them",
          "you",
          "to",
          "not",
          "how",
          "what",
          "the idea",
          "your",
          "so",
          "when",
          "him",
          "her",
          "he",
          "she",
          "they");

  @Override
  public List<Statement> extract(Turn turn) {
    String text = turn.message().content();
    if (text.length() > LONGEST_TURN) {
      return List.of();
    }
    String plain = text.replace('\u2019', '\'');
    List<Statement> found = new ArrayList<>();
    Matcher sentences = SENTENCE.matcher(plain);
    while (sentences.find() && found.size() < MOST) {
      String sentence = sentences.group().strip();
      String lower = sentence.toLowerCase(Locale.ROOT);
      if (!sentence.endsWith("?") && sentence.length() < 600 && !IDLE.matcher(lower).find()) {
        read(sentence, found);
      }
    }
    return found.size() > MOST ? found.subList(0, MOST) : found;
  }

  private static void read(String sentence, List<Statement> found) {
    for (Rule rule : RULES) {
      Matcher m = rule.pattern().matcher(sentence);
      while (m.find()) {
        String value = tidy(m.group("v"));
        String lower = value.toLowerCase(Locale.ROOT);
        boolean hollow =
            value.isEmpty()
                || value.length() > LONGEST_VALUE
                || HOLLOW.contains(lower)
                || HOLLOW.contains(lower.split(" ")[0])
                || plainName(rule.attribute()) && !Character.isUpperCase(value.charAt(0));
        if (hollow || covered(found, rule, lower)) {
          continue;
        }
        String attribute =
            m.namedGroups().containsKey("s")
                ? rule.attribute() + ":" + tidy(m.group("s")).toLowerCase(Locale.ROOT)
                : rule.attribute();
        found.add(
            new Statement(
                rule.kind(),
                "user",
                attribute,
                value,
                rule.single(),
                rule.confidence(),
                sentence.length() > 300 ? sentence.substring(0, 300) : sentence));
      }
    }
  }

  /** Names and places are written with a capital, and nothing else of these patterns is. */
  private static boolean plainName(String attribute) {
    return switch (attribute) {
      case "name", "call_me", "lives_in", "from", "works_at", "married_to", "pet", "relation" ->
          true;
      default -> false;
    };
  }

  /** An earlier, more specific rule read the same words already. */
  private static boolean covered(List<Statement> found, Rule rule, String value) {
    for (Statement each : found) {
      if (each.value().toLowerCase(Locale.ROOT).startsWith(value)
          && (each.attribute().equals(rule.attribute()) || each.kind() != rule.kind())) {
        return true;
      }
    }
    return false;
  }

  private static String tidy(String value) {
    return value
        .strip()
        .replaceAll(
            "(?i)\\s+(too|also|again|a lot|very much|so much|lately|recently|right now|now)$", "")
        .strip();
  }

  private static Rule holds(String attribute, boolean single, double confidence, String pattern) {
    return new Rule(Kind.HOLDS, attribute, single, confidence, compile(pattern));
  }

  private static Pattern compile(String pattern) {
    return Pattern.compile(pattern, Pattern.CASE_INSENSITIVE);
  }
}

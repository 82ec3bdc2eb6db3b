package dev.mneme.preference;

import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair.Origin;
import dev.mneme.data.Role;
import dev.mneme.preference.dialogue.RequestText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Decides what must not be learned. Every refusal names its reason and what was seen, without
 * repeating a secret or identifier.
 *
 * <p>One object sees one run: it remembers what it let through, to find near-duplicates and
 * campaigns. Confined to one thread; the same candidates in the same order get the same verdicts.
 */
public final class Censor {
  /** A refusal. */
  public record Drop(DropReason reason, String explanation) {}

  private enum Kind {
    SECRET,
    PERSONAL,
    HARMFUL,
    HIDDEN
  }

  /** Most texts need no pattern at all: {@code needs} is a cheap look that says so. */
  private record Rule(Kind kind, String name, List<String> needs, Pattern pattern) {
    boolean finds(Text text) {
      return text.hasAny(needs) && pattern.matcher(text.said).find();
    }
  }

  /** A text with what every rule asks of it first. */
  private static final class Text {
    final String said;
    private final String lower;
    final boolean digits;

    Text(String said) {
      this.said = said;
      this.lower = said.toLowerCase(Locale.ROOT);
      this.digits = said.chars().anyMatch(Character::isDigit);
    }

    boolean hasAny(List<String> needs) {
      for (String each : needs) {
        if (each.equals("*") || (each.equals("#") ? digits : lower.contains(each))) {
          return true;
        }
      }
      return false;
    }
  }

  private static final List<Rule> BUILT_IN =
      Resources.lines("censor.txt").map(Censor::rule).toList();
  private static final Pattern CARD =
      Pattern.compile("(?<![\\w-])(?:\\d[ -]?){12,18}\\d(?![\\w-])");
  private static final Pattern CLAIM =
      Pattern.compile(
          "\\b(1\\d{3}|20\\d{2})\\b|\\b\\d+([.,]\\d+)?\\s?(%|percent|million|billion|thousand|dollars|euros|km|miles|kg|meters|metres|people)|[$€£]\\s?\\d|https?://\\S+|\\b(according"
              + " to|studies show|research shows|it was (invented|founded|discovered))\\b",
          Pattern.CASE_INSENSITIVE);

  private static final int REMEMBERED = 1_024;

  private final CensorConfig config;
  private final DenyList denied;
  private final List<Rule> rules;
  private final NearDuplicates kept;
  private final Map<String, Optional<Drop>> spoken =
      new LinkedHashMap<>(REMEMBERED, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Optional<Drop>> eldest) {
          return size() > REMEMBERED;
        }
      };
  private final Map<String, Integer> bySession = new HashMap<>();
  private final Map<String, Integer> byChosen = new HashMap<>();

  public Censor(CensorConfig config, DenyList denied) {
    this.config = config;
    this.denied = denied;
    this.kept = new NearDuplicates(config.nearDuplicate());
    var all = new ArrayList<Rule>(config.builtIn() ? BUILT_IN : List.of());
    config.secrets().forEach(p -> all.add(own(Kind.SECRET, p)));
    config.personal().forEach(p -> all.add(own(Kind.PERSONAL, p)));
    config.harmful().forEach(p -> all.add(own(Kind.HARMFUL, p)));
    this.rules = List.copyOf(all);
  }

  private static Rule own(Kind kind, String pattern) {
    return new Rule(kind, "a configured pattern", List.of("*"), Pattern.compile(pattern));
  }

  /**
   * The verdict on the content of any text to be trained on, whatever it came from; imports pass
   * here too.
   *
   * @param prompt what precedes
   * @param learned the side to be learned
   * @param avoided the side to be avoided; empty when there is none
   */
  public Optional<Drop> content(List<Message> prompt, String learned, String avoided) {
    var said = new Text(learned);
    var other = new Text(avoided);
    for (Rule rule : rules) {
      boolean hit =
          switch (rule.kind) {
            case HARMFUL -> rule.finds(said);
            case SECRET, PERSONAL, HIDDEN -> rule.finds(said) || rule.finds(other);
          };
      if (hit) {
        return drop(reason(rule), rule.name);
      }
    }
    if (hasCard(said) || hasCard(other)) {
      return drop(DropReason.PERSONAL_IDENTIFIER, "a payment card number");
    }
    for (Message each : prompt) {
      // System text is the installation's own, and a template's markers in it are no attack.
      Optional<Drop> drop = each.role() == Role.SYSTEM ? Optional.empty() : spoken(each.content());
      if (drop.isPresent()) {
        return drop;
      }
    }
    for (Message each : prompt) {
      if (each.role() == Role.USER && denied.denies(each.content())) {
        return drop(DropReason.EVALUATION_ITEM, "the request is on the evaluation deny-list");
      }
    }
    if (denied.denies(learned) || denied.denies(avoided)) {
      return drop(DropReason.EVALUATION_ITEM, "a reply is on the evaluation deny-list");
    }
    return Optional.empty();
  }

  /** The verdict on a pair; a pair let through is remembered. */
  Optional<Drop> pair(PairMaker.Found found, Set<String> suddenSlots, boolean wished) {
    Candidate pair = found.candidate();
    String chosen = pair.chosen().text();
    String rejected = pair.rejected().text();
    return shape(chosen, rejected)
        .or(() -> content(pair.prompt(), chosen, rejected))
        .or(() -> spoken(pair.system()))
        .or(() -> source(pair.chosen()))
        .or(() -> guess(pair.system(), pair.prompt(), chosen))
        .or(() -> better(pair))
        .or(() -> lengthOnly(pair, wished))
        .or(() -> flips(found, suddenSlots))
        .or(() -> campaign(pair, chosen))
        .or(() -> duplicate(pair, chosen, rejected));
  }

  /** The verdict on a single reply. */
  Optional<Drop> single(JudgedReply reply, boolean good) {
    String text = reply.text();
    if (text.isBlank()) {
      return drop(DropReason.EMPTY, "the reply has no words");
    }
    Optional<Drop> verdict =
        content(reply.prompt(), good ? text : "", good ? "" : text)
            .or(() -> spoken(reply.system()));
    return good
        ? verdict.or(() -> source(reply)).or(() -> guess(reply.system(), reply.prompt(), text))
        : verdict;
  }

  private static Optional<Drop> shape(String chosen, String rejected) {
    if (Borrowed.words(chosen).isEmpty() || Borrowed.words(rejected).isEmpty()) {
      return drop(DropReason.EMPTY, "a side has no words");
    }
    if (Borrowed.words(chosen).equals(Borrowed.words(rejected))) {
      return drop(DropReason.IDENTICAL, "the same words on both sides");
    }
    return Optional.empty();
  }

  /** What the model would learn to say must be its own to say. */
  private Optional<Drop> source(JudgedReply chosen) {
    if (chosen.borrowed() > config.borrowed()) {
      return drop(
          DropReason.BORROWED_TEXT,
          String.format(
              Locale.ROOT,
              "%.0f %% of its words stand in recalled or tool text",
              100 * chosen.borrowed()));
    }
    if (!chosen.confirmed()) {
      Optional<String> claim = unconfirmedClaim(chosen);
      if (claim.isPresent()) {
        return drop(
            DropReason.UNCONFIRMED_CLAIM,
            "\"" + claim.get() + "\" comes from the model alone, and nobody confirmed it");
      }
    }
    return Optional.empty();
  }

  /** Without a system message nobody knows what was recalled. */
  private static Optional<Drop> guess(String system, List<Message> prompt, String chosen) {
    Optional<String> guessed =
        system.isEmpty() ? Optional.empty() : Guess.in(system, prompt, chosen);
    return guessed.flatMap(
        word ->
            drop(
                DropReason.GUESS,
                "\"" + word + "\" stands nowhere in the prompt, so it could only be guessed"));
  }

  /** A checkable fact in the reply (year, figure, address, "according to") not said before it. */
  private static Optional<String> unconfirmedClaim(JudgedReply reply) {
    var said = new StringBuilder();
    reply.prompt().forEach(each -> said.append(each.content()).append('\n'));
    String before = said.toString().toLowerCase(Locale.ROOT);
    Matcher matcher = CLAIM.matcher(reply.text());
    while (matcher.find()) {
      if (!before.contains(matcher.group().toLowerCase(Locale.ROOT))) {
        return Optional.of(matcher.group());
      }
    }
    return Optional.empty();
  }

  private static Optional<Drop> better(Candidate pair) {
    if (pair.chosen().value() < 0.5) {
      return drop(
          DropReason.CHOSEN_NOT_BETTER,
          String.format(
              Locale.ROOT, "the kept reply was not liked either (%.2f)", pair.chosen().value()));
    }
    if (pair.confidence() < 0.3) {
      return drop(
          DropReason.LOW_CONFIDENCE,
          String.format(Locale.ROOT, "confidence %.2f", pair.confidence()));
    }
    return Optional.empty();
  }

  /**
   * Longer is not better: learning from such pairs teaches length and nothing else. What a person
   * wrote with their own hand they did not write for its length.
   */
  private Optional<Drop> lengthOnly(Candidate pair, boolean wished) {
    if (wished || pair.origin() == Origin.FIX) {
      return Optional.empty();
    }
    String chosen = pair.chosen().text();
    String rejected = pair.rejected().text();
    int a = FormCheck.wordCount(chosen);
    int b = FormCheck.wordCount(rejected);
    String shorter = a < b ? chosen : rejected;
    String longer = a < b ? rejected : chosen;
    var words = new RequestText(shorter);
    boolean same = words.stems().size() >= 2 && words.containedIn(new RequestText(longer)) >= 0.9;
    if (same && Math.max(a, b) >= config.lengthRatio() * Math.min(a, b)) {
      return drop(
          DropReason.LENGTH_ONLY,
          String.format(
              Locale.ROOT,
              "the longer side (%d words) holds what the shorter (%d) says",
              Math.max(a, b),
              Math.min(a, b)));
    }
    return Optional.empty();
  }

  private Optional<Drop> flips(PairMaker.Found found, Set<String> suddenSlots) {
    for (Aspect each : found.aspects()) {
      if (suddenSlots.contains(each.slot())) {
        return drop(
            DropReason.SUDDEN_FLIP,
            String.format(
                Locale.ROOT,
                "more than %d reversals within %s",
                config.flips(),
                config.flipWindow()));
      }
    }
    return Optional.empty();
  }

  private Optional<Drop> campaign(Candidate pair, String chosen) {
    var scope = pair.rejected().scope();
    String session = scope.tenant() + "\n" + scope.user() + "\n" + scope.session();
    if (bySession.merge(session, 1, Integer::sum) > config.pairsPerSession()) {
      return drop(
          DropReason.CONCENTRATED,
          String.format(
              Locale.ROOT, "more than %d pairs from one session", config.pairsPerSession()));
    }
    String words = scope.tenant() + "\n" + String.join(" ", Borrowed.words(chosen));
    if (byChosen.merge(words, 1, Integer::sum) > config.chosenReuse()) {
      return drop(
          DropReason.CONCENTRATED,
          String.format(
              Locale.ROOT, "the same chosen reply in more than %d pairs", config.chosenReuse()));
    }
    return Optional.empty();
  }

  private Optional<Drop> duplicate(Candidate pair, String chosen, String rejected) {
    String request = pair.prompt().isEmpty() ? "" : pair.prompt().getLast().content();
    String owner = pair.rejected().scope().tenant() + "\n" + pair.rejected().scope().user();
    return kept.add(owner, request, chosen, rejected)
        ? Optional.empty()
        : drop(
            DropReason.NEAR_DUPLICATE,
            String.format(Locale.ROOT, "at least %.0f %% alike", 100 * config.nearDuplicate()));
  }

  private static Optional<Drop> drop(DropReason reason, String explanation) {
    return Optional.of(new Drop(reason, explanation));
  }

  private static DropReason reason(Rule rule) {
    return switch (rule.kind) {
      case SECRET -> DropReason.SECRET;
      case PERSONAL -> DropReason.PERSONAL_IDENTIFIER;
      case HARMFUL -> DropReason.HARMFUL;
      case HIDDEN -> DropReason.HIDDEN_INSTRUCTION;
    };
  }

  /**
   * The verdict on a message of a prompt. Neighbouring prompts share messages, hence the memory.
   */
  private Optional<Drop> spoken(String content) {
    Optional<Drop> known = spoken.get(content);
    if (known != null) {
      return known;
    }
    var text = new Text(content);
    Optional<Drop> verdict = Optional.empty();
    for (Rule rule : rules) {
      if (rule.kind != Kind.HARMFUL && rule.finds(text)) {
        verdict = drop(reason(rule), rule.name);
        break;
      }
    }
    if (verdict.isEmpty() && hasCard(text)) {
      verdict = drop(DropReason.PERSONAL_IDENTIFIER, "a payment card number");
    }
    spoken.put(content, verdict);
    return verdict;
  }

  /** A run of 13 to 19 digits that passes Luhn's check. */
  private boolean hasCard(Text text) {
    if (!config.builtIn() || !text.digits) {
      return false;
    }
    Matcher matcher = CARD.matcher(text.said);
    while (matcher.find()) {
      String digits = matcher.group().replaceAll("\\D", "");
      int sum = 0;
      for (int i = 0; i < digits.length(); i++) {
        int digit = digits.charAt(digits.length() - 1 - i) - '0';
        int doubled = 2 * digit > 9 ? 2 * digit - 9 : 2 * digit;
        sum += i % 2 == 1 ? doubled : digit;
      }
      if (sum % 10 == 0) {
        return true;
      }
    }
    return false;
  }

  private static Rule rule(String line) {
    String[] fields = line.split(" \\| ", 4);
    if (fields.length != 4) {
      throw new AssertionError("censor.txt: expected four fields, got: " + line);
    }
    return new Rule(
        Kind.valueOf(fields[0].strip().toUpperCase(Locale.ROOT)),
        fields[1].strip(),
        List.of(fields[2].strip().split(",")),
        Pattern.compile(fields[3].strip(), Pattern.CASE_INSENSITIVE));
  }
}

package dev.mneme.preference;

import dev.mneme.data.Hashes;
import dev.mneme.data.Role;
import dev.mneme.data.Turn;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads stated preferences ("keep it short", "call me Sam", "metric units") out of what a person
 * says, by the patterns of {@code wishes.txt} and, for wishes about anything else, by the forms
 * "from now on ...", "always ...", "never ...", "I prefer ...".
 *
 * <p>Deterministic and thread-safe, and fast enough to run on every turn before the prompt is
 * built.
 */
public final class WishReader {
  private record Rule(
      StatedPreference.Slot slot, String value, Pattern pattern, String instruction) {}

  private static final List<Rule> RULES =
      Resources.lines("wishes.txt")
          .filter(line -> !line.startsWith("!"))
          .map(WishReader::rule)
          .toList();

  /** Without one of these words no rule can match, which is the case of nearly every sentence. */
  private static final Set<String> TELLING =
      Resources.lines("wishes.txt")
          .filter(line -> line.startsWith("!"))
          .flatMap(line -> Stream.of(line.substring(1).strip().split(" +")))
          .collect(Collectors.toUnmodifiableSet());

  private static final Pattern LASTING =
      Pattern.compile(
          "\\b(from now on|always|never|in (the )?future|every time|whenever|generally|in"
              + " general|by default|remember)\\b",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern THIS_REPLY =
      Pattern.compile(
          "\\b(this|that|make it|make that|rewrite|summari[sz]e|elaborate|too"
              + " (long|short|wordy|verbose|brief)|(more|longer|shorter|briefer)"
              + " (details?|version|answer|explanation))\\b",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern THIS_SESSION =
      Pattern.compile(
          "\\b(in this (chat|conversation|session)|for now|today|for this (chat|task|one))\\b",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern OTHER =
      Pattern.compile(
          "^(please )?(from now on|in (the )?future)[, ]+(?<a>.{4,120})$|^(please"
              + " )?(?<b>(always|never) (use|show|answer|reply|respond|write|call"
              + " me|include|explain|ask me|mention|tell me|give"
              + " me|format|cite|translate|suggest|recommend|start|end) .{2,120})$|^I('d| would)?"
              + " prefer (?<c>(you|your"
              + " (answers?|repl(y|ies)|responses?)|answers?|repl(y|ies)|responses?|when you|if"
              + " you|that you)\\b.{3,120})$|^(please )?(?<d>(stop|don't|do not) (using|use|giving"
              + " me|give me|adding|including|include|asking me|ask"
              + " me|repeating|repeat|mentioning|mention|calling me|call me) .{3,100})$",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern REQUEST =
      Pattern.compile(
          "^(please |and |but )?(can|could|would|will) you\\b", Pattern.CASE_INSENSITIVE);
  private static final Pattern GENERAL =
      Pattern.compile(
          "\\b(answers|replies|responses|I (prefer|like))\\b", Pattern.CASE_INSENSITIVE);

  private static final Pattern SENTENCE = Pattern.compile("(?<=[.!?;\\n])\\s+|\\n+");
  private static final int LONGEST_TURN = 2_000;

  private WishReader() {}

  /** The wishes in one turn of a person, in the order said; none in an assistant's turn. */
  public static List<StatedPreference> read(Turn turn) {
    String text = turn.message().content();
    if (turn.message().role() != Role.USER || text.length() > LONGEST_TURN) {
      return List.of();
    }
    var wishes = new ArrayList<StatedPreference>();
    var slots = EnumSet.noneOf(StatedPreference.Slot.class);
    for (String piece : SENTENCE.split(text.replace('’', '\''))) {
      String sentence = piece.strip();
      if (!sentence.isEmpty() && !asksAboutIt(sentence)) {
        read(turn, sentence, slots, wishes);
      }
    }
    return wishes;
  }

  private static void read(
      Turn turn,
      String sentence,
      EnumSet<StatedPreference.Slot> slots,
      List<StatedPreference> wishes) {
    int before = wishes.size();
    for (Rule rule : tells(sentence) ? RULES : List.<Rule>of()) {
      if (slots.contains(rule.slot)) {
        continue;
      }
      Matcher matcher = rule.pattern.matcher(sentence);
      if (matcher.find()) {
        slots.add(rule.slot);
        wishes.add(
            wish(
                turn,
                rule.slot,
                fill(rule.value, matcher),
                sentence,
                fill(rule.instruction, matcher)));
      }
    }
    Matcher other = OTHER.matcher(sentence.replaceFirst("[.!]+$", ""));
    if (wishes.size() == before && other.find()) {
      String what = first(other, "a", "b", "c", "d");
      wishes.add(
          wish(
              turn,
              StatedPreference.Slot.OTHER,
              what.toLowerCase(Locale.ROOT),
              sentence,
              "The user asked: " + dev.mneme.data.MemoryBlock.quote(sentence)));
    }
  }

  private static boolean tells(String sentence) {
    for (String word : sentence.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}']+")) {
      if (TELLING.contains(word)) {
        return true;
      }
    }
    return false;
  }

  /** "Should I keep it short?" asks; "Can you keep it short?" wishes. */
  private static boolean asksAboutIt(String sentence) {
    return sentence.endsWith("?") && !REQUEST.matcher(sentence).find();
  }

  private static String first(Matcher matcher, String... groups) {
    for (String group : groups) {
      String text = matcher.group(group);
      if (text != null) {
        return text.strip();
      }
    }
    throw new AssertionError("one alternative of " + matcher.pattern() + " matched");
  }

  private static String fill(String template, Matcher matcher) {
    String filled = template;
    for (int i = 1; i <= matcher.groupCount(); i++) {
      String group = matcher.group(i);
      filled = filled.replace("$" + i, group == null ? "" : capital(group.strip()));
    }
    return filled;
  }

  private static String capital(String word) {
    return word.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }

  private static StatedPreference wish(
      Turn turn, StatedPreference.Slot slot, String value, String sentence, String instruction) {
    String id =
        Hashes.sha256(turn.scope().tenant(), turn.scope().user(), slot.name(), value, turn.id());
    return new StatedPreference(
        id,
        turn.scope(),
        slot,
        value,
        sentence,
        instruction,
        reach(slot, sentence),
        turn.id(),
        turn.at(),
        null);
  }

  private static StatedPreference.Reach reach(StatedPreference.Slot slot, String sentence) {
    if (LASTING.matcher(sentence).find()) {
      return StatedPreference.Reach.ALWAYS;
    }
    if (THIS_SESSION.matcher(sentence).find()) {
      return StatedPreference.Reach.SESSION;
    }
    return switch (slot) {
      case NAME, UNITS, LANGUAGE, EMOJI, APOLOGY, OTHER -> StatedPreference.Reach.ALWAYS;
      case LENGTH, FORMAT, TONE, LEVEL, CODE_LANGUAGE ->
          THIS_REPLY.matcher(sentence).find()
              ? StatedPreference.Reach.REPLY
              : general(sentence) ? StatedPreference.Reach.ALWAYS : StatedPreference.Reach.SESSION;
    };
  }

  /** Talks about replies in the plural, or about what the person likes. */
  private static boolean general(String sentence) {
    return GENERAL.matcher(sentence).find();
  }

  private static Rule rule(String line) {
    String[] fields = line.split(" \\| ");
    if (fields.length != 4) {
      throw new AssertionError("wishes.txt: expected four fields, got: " + line);
    }
    return new Rule(
        StatedPreference.Slot.valueOf(fields[0].strip()),
        fields[1].strip(),
        Pattern.compile(fields[2].strip(), Pattern.CASE_INSENSITIVE),
        fields[3].strip());
  }
}

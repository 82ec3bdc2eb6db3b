package dev.mneme.evals.ours;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Check;
import dev.mneme.data.Message;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * One thing asked of a reply.
 *
 * @param dimension what it is about
 * @param weight how much it counts within the turn
 * @param test decides, from 0 to 1
 */
record Criterion(Dimension dimension, double weight, Test test) {
  /** What a criterion is about. The first three are what a reply says, the others how. */
  enum Dimension {
    ANSWER,
    FACTS,
    CONSISTENCY,
    FORM,
    LENGTH;

    boolean isContent() {
      return switch (this) {
        case ANSWER, FACTS, CONSISTENCY -> true;
        case FORM, LENGTH -> false;
      };
    }

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The questions a program can answer about a reply. */
  sealed interface Test {
    /** One of the texts appears as whole words. */
    record Says(List<String> anyOf) implements Test {}

    /** The share of groups of which one text appears. */
    record All(List<List<String>> groups) implements Test {}

    /** None of the texts appears. */
    record Avoids(List<String> texts) implements Test {}

    /** The whole reply is one of the texts, apart from case, spacing and a full stop. */
    record Exactly(List<String> anyOf) implements Test {}

    /** The number appears, in digits or (up to a hundred) in words. */
    record HasNumber(double value) implements Test {}

    /** The pattern is found. */
    record Matches(Pattern pattern) implements Test {}

    /** The share of these fields that the reply's JSON has with these values. */
    record Json(Map<String, JsonNode> fields) implements Test {}

    /** JSON and nothing around it. */
    record JsonOnly() implements Test {}

    /** How many words; a reply outside loses in proportion. */
    record Words(int least, int most) implements Test {}

    record Sentences(int least, int most) implements Test {}

    record Lines(int count) implements Test {}

    record Bullets(int count) implements Test {}

    record UpperCase() implements Test {}

    record Starts(String text) implements Test {}

    /** Of the first reply's content words, at least this share comes back. */
    record Keeps(double share) implements Test {}

    /** At least so many of the first reply's content words come back. */
    record Reuses(int words) implements Test {}

    record Shorter() implements Test {}

    record Longer() implements Test {}

    /** Not the first reply once more. */
    record Differs() implements Test {}

    /** The first reply's last number and this make a number of the second. */
    record Plus(double value) implements Test {}

    /** The first reply's last number times this is a number of the second. */
    record Times(double value) implements Test {}

    /** Names the season of the first reply and the one half a year away. */
    record OppositeSeason() implements Test {}
  }

  private static final List<Set<String>> OPPOSITES =
      List.of(Set.of("spring", "autumn"), Set.of("spring", "fall"), Set.of("summer", "winter"));

  Criterion {
    requireNonNull(dimension, "dimension is null");
    requireNonNull(test, "test is null");
    if (!(weight > 0)) {
      throw new IllegalArgumentException("a criterion's weight must be positive, got " + weight);
    }
  }

  /**
   * How far the reply meets it, from 0 to 1.
   *
   * @param first the model's own first reply; empty text in the first turn
   */
  double score(String reply, String first) {
    return switch (test) {
      case Test.Says t -> bool(says(reply, t.anyOf()));
      case Test.All t ->
          t.groups().stream().mapToDouble(each -> bool(says(reply, each))).average().orElse(1);
      case Test.Avoids t -> bool(accepts(new Check.Avoids(t.texts()), reply));
      case Test.Exactly t -> bool(accepts(new Check.Exactly(t.anyOf()), reply));
      case Test.HasNumber t -> bool(Texts.numbers(reply).contains(t.value()));
      case Test.Matches t -> bool(t.pattern().matcher(reply).find());
      case Test.Json t -> Texts.matchingFields(reply, t.fields());
      case Test.JsonOnly _ -> bool(accepts(new Check.IsJson(), reply));
      case Test.Words t -> within(Texts.words(reply).size(), t.least(), t.most());
      case Test.Sentences t ->
          bool(t.least() <= Texts.sentences(reply) && Texts.sentences(reply) <= t.most());
      case Test.Lines t -> bool(Texts.lines(reply).size() == t.count());
      case Test.Bullets t -> bool(accepts(Check.Form.bullets(t.count()), reply));
      case Test.UpperCase _ -> bool(accepts(Check.Form.in(Check.LetterCase.UPPER), reply));
      case Test.Starts t -> bool(accepts(Check.Form.startsWith(t.text()), reply));
      case Test.Keeps t -> Math.min(1, Texts.shareKept(first, reply) / t.share());
      case Test.Reuses t -> Math.min(1, (double) Texts.shared(first, reply) / t.words());
      case Test.Shorter _ -> bool(Texts.words(reply).size() < Texts.words(first).size());
      case Test.Longer _ -> bool(Texts.words(reply).size() > Texts.words(first).size());
      case Test.Differs _ -> bool(!Texts.words(reply).equals(Texts.words(first)));
      case Test.Plus t -> bool(follows(reply, first, 1, t.value()));
      case Test.Times t -> bool(follows(reply, first, t.value(), 0));
      case Test.OppositeSeason _ -> oppositeSeason(reply, first);
    };
  }

  /** The criterion in words, for people who ask why. */
  String describe() {
    String what =
        switch (test) {
          case Test.Says t -> "say " + oneOf(t.anyOf());
          case Test.All t ->
              "say "
                  + t.groups().stream().map(Criterion::oneOf).collect(Collectors.joining(" and "));
          case Test.Avoids t -> "not say " + oneOf(t.texts());
          case Test.Exactly t -> "be exactly " + oneOf(t.anyOf());
          case Test.HasNumber t -> "give " + plain(t.value());
          case Test.Matches t -> "match " + t.pattern();
          case Test.Json t -> "have the fields " + t.fields();
          case Test.JsonOnly _ -> "be JSON alone";
          case Test.Words t -> "have " + t.least() + " to " + t.most() + " words";
          case Test.Sentences t -> "have " + t.least() + " to " + t.most() + " sentences";
          case Test.Lines t -> "have " + t.count() + " lines";
          case Test.Bullets t -> "have " + t.count() + " bullets alone";
          case Test.UpperCase _ -> "be in capitals";
          case Test.Starts t -> "start with " + t.text();
          case Test.Keeps t -> "keep " + plain(100 * t.share()) + " % of the first reply's words";
          case Test.Reuses t -> "use " + t.words() + " words of the first reply again";
          case Test.Shorter _ -> "be shorter than the first reply";
          case Test.Longer _ -> "be longer than the first reply";
          case Test.Differs _ -> "differ from the first reply";
          case Test.Plus t -> "add " + plain(t.value()) + " to the first reply's number";
          case Test.Times t -> "multiply the first reply's number by " + plain(t.value());
          case Test.OppositeSeason _ -> "name the season of the first reply and its opposite";
        };
    return dimension.label() + " (" + what + ")";
  }

  private static String oneOf(List<String> texts) {
    return texts.size() <= 3
        ? String.join(" or ", texts)
        : String.join(", ", texts.subList(0, 3)) + " or the like";
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  private static boolean says(String reply, List<String> anyOf) {
    return accepts(new Check.Says(List.of(anyOf)), reply);
  }

  private static boolean accepts(Check check, String reply) {
    return check.accepts(Message.assistant(reply));
  }

  private static boolean follows(String reply, String first, double factor, double summand) {
    List<Double> before = Texts.numbersInOrder(first);
    return !before.isEmpty() && Texts.numbers(reply).contains(before.getLast() * factor + summand);
  }

  private static double oppositeSeason(String reply, String first) {
    for (Set<String> pair : OPPOSITES) {
      for (String season : pair) {
        String opposite = pair.stream().filter(each -> !each.equals(season)).findFirst().orElse("");
        if (says(first, List.of(season)) && says(reply, List.of(opposite))) {
          return says(reply, List.of(season)) ? 1 : 0.5;
        }
      }
    }
    return 0;
  }

  private static double within(int count, int least, int most) {
    if (count < least) {
      return (double) count / least;
    }
    // Twice as long as allowed is worth nothing.
    return count <= most ? 1 : Math.max(0, 1 - (double) (count - most) / most);
  }

  private static double bool(boolean holds) {
    return holds ? 1 : 0;
  }
}

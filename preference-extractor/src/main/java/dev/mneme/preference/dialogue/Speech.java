package dev.mneme.preference.dialogue;

import dev.mneme.preference.dialogue.Lexicon.Cue;
import dev.mneme.preference.dialogue.Lexicon.Hit;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One utterance, analysed once: words, stems, cues, poles, subjects and the kind of question. */
final class Speech {
  /** What an answer to the question would have to contain. */
  enum Asks {
    NOTHING,
    YES_NO,
    PERSON,
    TIME,
    PLACE,
    NUMBER,
    REASON,
    OTHER
  }

  private static final Set<String> AUXILIARY =
      Set.copyOf(
          List.of(
              ("do does did is are was were am can could will would should shall have has had may"
                   + " might don't doesn't didn't isn't aren't wasn't can't couldn't won't wouldn't"
                   + " haven't hasn't")
                  .split(" ")));
  private static final Set<String> WH =
      Set.of(
          "what", "what's", "whats", "who", "who's", "whos", "when", "where", "why", "how", "which",
          "whose");

  static final Speech SILENCE = new Speech("");

  final String text;
  final List<String> words;
  final Set<String> content;
  final Map<Cue, Hit> cues;
  final int positive;
  final int negative;
  final long topics;
  final Asks asks;
  final boolean hasNumber;
  final boolean hasName;
  final boolean shouts;
  final boolean exclaims;

  Speech(String text) {
    Lexicon lexicon = Lexicon.standard();
    this.text = text;
    this.words = Words.of(text);
    this.content = HashSet.newHashSet(words.size());
    int good = 0;
    int bad = 0;
    long subjects = 0;
    boolean number = false;
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (!Words.isStop(word)) {
        content.add(Words.stem(word));
      }
      subjects |= lexicon.topicsOf(word);
      number |= Character.isDigit(word.charAt(0)) || NUMBERS.contains(word);
      boolean flipped = flipped(lexicon, i);
      if (lexicon.isPositive(word)) {
        if (flipped) {
          bad++;
        } else {
          good++;
        }
      } else if (lexicon.isNegative(word)) {
        if (flipped) {
          good++;
        } else {
          bad++;
        }
      }
    }
    this.positive = good;
    this.negative = bad;
    this.topics = subjects;
    this.hasNumber = number;
    this.cues = lexicon.cuesIn(words);
    this.asks = asks(text, words);
    this.hasName = hasName(text);
    this.shouts = shouts(text);
    this.exclaims = text.indexOf('!') >= 0;
  }

  private static final Set<String> NUMBERS =
      Set.copyOf(
          List.of(
              ("one two three four five six seven eight nine ten eleven twelve twenty thirty forty"
                      + " fifty hundred hundreds thousand thousands million millions billion dozen"
                      + " half")
                  .split(" ")));

  private boolean flipped(Lexicon lexicon, int at) {
    for (int i = Math.max(0, at - 3); i < at; i++) {
      // "No, great idea": a bare opening "no" answers; it does not negate what follows.
      if (lexicon.isNegator(words.get(i)) && !(i == 0 && words.get(i).equals("no"))) {
        return true;
      }
    }
    return false;
  }

  boolean isQuestion() {
    return asks != Asks.NOTHING;
  }

  /** Holds a negation. */
  boolean denies() {
    return words.stream().anyMatch(Lexicon.standard()::isNegator);
  }

  boolean isEmpty() {
    return words.isEmpty();
  }

  double cue(Cue cue) {
    Hit hit = cues.get(cue);
    return hit == null ? 0 : hit.intensity();
  }

  /** How much of the smaller set of content stems the two share, in [0, 1]. */
  double overlap(Speech other) {
    int smaller = Math.min(content.size(), other.content.size());
    return smaller == 0 ? 0 : shared(other) / (double) smaller;
  }

  /** Jaccard similarity of the content stems, in [0, 1]. */
  double similarity(Speech other) {
    int shared = shared(other);
    int union = content.size() + other.content.size() - shared;
    return union == 0 ? 0 : shared / (double) union;
  }

  int shared(Speech other) {
    boolean smaller = content.size() <= other.content.size();
    Set<String> small = smaller ? content : other.content;
    Set<String> large = smaller ? other.content : content;
    int shared = 0;
    for (String each : small) {
      if (large.contains(each)) {
        shared++;
      }
    }
    return shared;
  }

  private static Asks asks(String text, List<String> words) {
    if (words.isEmpty()) {
      return Asks.NOTHING;
    }
    boolean mark = text.indexOf('?') >= 0;
    List<String> last = mark ? lastSentence(text) : words;
    for (int i = 0; i < Math.min(last.size(), mark ? last.size() : 2); i++) {
      String word = last.get(i);
      String next = i + 1 < last.size() ? last.get(i + 1) : "";
      if (WH.contains(word)) {
        if (!mark
            && i == 1
            && !Set.of("and", "so", "but", "ok", "well", "hi").contains(last.get(0))) {
          continue;
        }
        return switch (word) {
          case "who", "who's", "whos", "whose" -> Asks.PERSON;
          case "when" -> mark || !next.equals("i") ? Asks.TIME : Asks.NOTHING;
          case "where" -> Asks.PLACE;
          case "why" -> Asks.REASON;
          case "how" ->
              Set.of("many", "much", "old", "long", "far", "tall", "big", "often").contains(next)
                  ? Asks.NUMBER
                  : Asks.OTHER;
          case "what" -> next.equals("year") || next.equals("time") ? Asks.TIME : Asks.OTHER;
          default -> Asks.OTHER;
        };
      }
    }
    if (AUXILIARY.contains(last.isEmpty() ? "" : last.getFirst())) {
      boolean inverted =
          last.size() > 1
              && Set.of(
                      "you", "it", "he", "she", "they", "we", "i", "there", "that", "this", "the",
                      "your", "u", "any", "anyone", "a")
                  .contains(last.get(1));
      if (mark || inverted) {
        return Asks.YES_NO;
      }
    }
    return mark ? Asks.YES_NO : Asks.NOTHING;
  }

  private static List<String> lastSentence(String text) {
    int end = text.lastIndexOf('?');
    int start = end;
    while (start > 0 && ".!?\n".indexOf(text.charAt(start - 1)) < 0) {
      start--;
    }
    return Words.of(text.substring(start, end));
  }

  /** A capitalised word that does not open a sentence. */
  private static boolean hasName(String text) {
    boolean opening = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (".!?\n\"".indexOf(c) >= 0) {
        opening = true;
      } else if (Character.isLetterOrDigit(c)) {
        boolean wordStart = i == 0 || !Character.isLetterOrDigit(text.charAt(i - 1));
        boolean alone = i + 1 >= text.length() || !Character.isLetter(text.charAt(i + 1));
        if (wordStart && Character.isUpperCase(c) && !opening && !alone) {
          return true;
        }
        opening = false;
      }
    }
    return false;
  }

  private static boolean shouts(String text) {
    if (text.contains("??") || text.contains("?!") || text.contains("!?")) {
      return true;
    }
    int letters = 0;
    int capitals = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isLetter(c)) {
        letters++;
        capitals += Character.isUpperCase(c) ? 1 : 0;
      }
    }
    return letters >= 8 && capitals > 0.7 * letters;
  }
}

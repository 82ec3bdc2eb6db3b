package dev.mneme.preference.dialogue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A request's words, for telling whether two requests are about the same thing. Immutable. */
public final class RequestText {
  private static final int SELF_CONTAINED = 3;

  private static final Set<String> OPENERS =
      Set.of("please", "ok", "okay", "now", "then", "and", "so");
  private static final Set<String> IMPERATIVES =
      Set.copyOf(
          List.of(
              ("write give tell show explain make create list find translate summarize summarise"
                      + " draft describe compare suggest recommend help fix rewrite plan convert"
                      + " calculate compute generate name draw book reserve set add remove sign"
                      + " define solve implement print sort check review remind search put change"
                      + " update edit improve shorten continue count design build debug refactor"
                      + " test say sing play teach prove classify extract turn rank outline")
                  .split(" ")));
  private static final List<String> WANTS =
      List.of(
          "i need",
          "i want",
          "i'm looking for",
          "i am looking for",
          "im looking for",
          "looking for",
          "can you",
          "could you",
          "would you",
          "help me",
          "tell me",
          "show me",
          "give me",
          "please",
          "i'd like to",
          "i would like to",
          "in the mood for");

  private final Speech speech;
  private final Set<String> specifics;

  public RequestText(String text) {
    this.speech = new Speech(text);
    this.specifics = specifics(text);
  }

  /** The stems of its content words. */
  public Set<String> stems() {
    return speech.content;
  }

  /** Asks or tells the other side to do something, rather than remarking on something. */
  public boolean asks() {
    if (speech.isQuestion()) {
      return true;
    }
    List<String> words = speech.words;
    int first = !words.isEmpty() && OPENERS.contains(words.getFirst()) ? 1 : 0;
    if (words.size() > first && IMPERATIVES.contains(words.get(first))) {
      return true;
    }
    String said = " " + String.join(" ", words) + " ";
    return WANTS.stream().anyMatch(want -> said.contains(" " + want + " "));
  }

  /** Says enough to be understood without what was said before. */
  public boolean selfContained() {
    return speech.content.size() >= SELF_CONTAINED && speech.words.size() >= 4;
  }

  /**
   * Shared content words over all content words (Jaccard), in [0, 1]; 0 when they name different
   * things.
   */
  public double similarity(RequestText other) {
    return namesOtherThings(other) ? 0 : speech.similarity(other.speech);
  }

  /**
   * Whether each names something specific (a name, a number) that the other does not: "for Java" is
   * not "for Python", however alike the rest.
   */
  public boolean namesOtherThings(RequestText other) {
    return !other.speech.content.containsAll(specifics)
        && !speech.content.containsAll(other.specifics);
  }

  /** The share of this text's content words that the other also has, in [0, 1]; 0 without any. */
  public double containedIn(RequestText other) {
    return speech.content.isEmpty()
        ? 0
        : speech.shared(other.speech) / (double) speech.content.size();
  }

  private static Set<String> specifics(String text) {
    var found = new HashSet<String>();
    List<String> words = Words.of(text);
    int from = 0;
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      int at = indexOfWord(text, word, from);
      if (at < 0) {
        continue;
      }
      from = at + word.length();
      boolean capital = i > 0 && Character.isUpperCase(text.charAt(at));
      if ((capital || Character.isDigit(word.charAt(0))) && !Words.isStop(word)) {
        found.add(Words.stem(word));
      }
    }
    return found;
  }

  private static int indexOfWord(String text, String word, int from) {
    for (int i = from; i + word.length() <= text.length(); i++) {
      if (text.regionMatches(true, i, word, 0, word.length())) {
        return i;
      }
    }
    return -1;
  }
}

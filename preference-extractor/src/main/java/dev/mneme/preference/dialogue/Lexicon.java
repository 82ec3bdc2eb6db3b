package dev.mneme.preference.dialogue;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The word lists of this package ({@code cues.txt}, {@code sentiment.txt}, {@code topics.txt}):
 * phrases people use about a reply, words with a pole, and words that share a subject.
 *
 * <p>Immutable and thread-safe; {@link #standard()} reads the files once.
 */
final class Lexicon {
  /** What a phrase says about the reply before it, or about the reply it stands in. */
  enum Cue {
    THANKS,
    PRAISE,
    ACCEPT,
    COMPLAINT,
    CORRECTION,
    CLARIFICATION,
    REFUSAL,
    LEAVING,
    GENERIC,
    FAILURE
  }

  /** The strongest phrase of one kind: how strong, and its words. */
  record Hit(double intensity, String phrase) {}

  private static final class Node {
    final Map<String, Node> next = new HashMap<>();
    final Map<Cue, Entry> ends = new EnumMap<>(Cue.class);
  }

  private record Entry(double intensity, boolean atStart, boolean atEnd) {}

  /** What {that} stands for: ways to speak of the reply or the one who gave it. */
  private static final List<String> OF_THE_REPLY =
      List.of(
          "that's",
          "that is",
          "that was",
          "thats",
          "this is",
          "you're",
          "you are",
          "you were",
          "your answer is",
          "your answer was",
          "your reply is");

  private static final Lexicon STANDARD = load();

  private final Node cues = new Node();
  private final Set<String> positive = new HashSet<>();
  private final Set<String> negative = new HashSet<>();
  private final Set<String> negators = new HashSet<>();
  private final Map<String, Long> topics = new HashMap<>();

  private Lexicon() {}

  static Lexicon standard() {
    return STANDARD;
  }

  boolean isPositive(String word) {
    return positive.contains(word);
  }

  boolean isNegative(String word) {
    return negative.contains(word);
  }

  boolean isNegator(String word) {
    return negators.contains(word);
  }

  /** The subjects a word belongs to, one bit each; 0 for none. */
  long topicsOf(String word) {
    return topics.getOrDefault(word, 0L);
  }

  /** The strongest phrase of each kind in these words. */
  Map<Cue, Hit> cuesIn(List<String> words) {
    var found = new EnumMap<Cue, Hit>(Cue.class);
    for (int start = 0; start < words.size(); start++) {
      walk(words, start, start, cues, found);
    }
    return found;
  }

  private void walk(List<String> words, int start, int at, Node node, Map<Cue, Hit> found) {
    for (var end : node.ends.entrySet()) {
      Entry entry = end.getValue();
      boolean fits = (!entry.atStart || start == 0) && (!entry.atEnd || at == words.size());
      if (fits && !negated(words, start, end.getKey())) {
        var hit = new Hit(entry.intensity, String.join(" ", words.subList(start, at)));
        found.merge(end.getKey(), hit, (a, b) -> b.intensity > a.intensity ? b : a);
      }
    }
    if (at < words.size()) {
      step(node.next.get(words.get(at)), words, start, at, found);
      step(node.next.get("_"), words, start, at, found);
    }
  }

  private void step(
      @Nullable Node next, List<String> words, int start, int at, Map<Cue, Hit> found) {
    if (next != null) {
      walk(words, start, at + 1, next, found);
    }
  }

  /** "not great" is no praise; other kinds are spelt out with their negation in the list. */
  private boolean negated(List<String> words, int start, Cue cue) {
    if (cue != Cue.PRAISE && cue != Cue.THANKS) {
      return false;
    }
    for (int i = Math.max(0, start - 3); i < start; i++) {
      if (negators.contains(words.get(i)) && !(i == 0 && words.get(i).equals("no"))) {
        return true;
      }
    }
    return false;
  }

  private static Lexicon load() {
    var lexicon = new Lexicon();
    lexicon.readCues(lines("cues.txt"));
    lexicon.readSentiment(lines("sentiment.txt"));
    lexicon.readTopics(lines("topics.txt"));
    return lexicon;
  }

  private void readCues(List<String> lines) {
    @Nullable Cue section = null;
    for (String line : lines) {
      if (line.startsWith("[")) {
        section = Cue.valueOf(line.substring(1, line.length() - 1).toUpperCase(Locale.ROOT));
        continue;
      }
      int bar = line.indexOf('|');
      if (section == null || bar < 0) {
        throw new AssertionError("cues.txt: expected \"intensity | phrase\", got: " + line);
      }
      String phrase = line.substring(bar + 1).strip();
      var entry =
          new Entry(
              Double.parseDouble(line.substring(0, bar).strip()),
              phrase.startsWith("^"),
              phrase.endsWith("$"));
      for (String said : phrase.contains("{that}") ? OF_THE_REPLY : List.of("")) {
        Node node = cues;
        for (String word : phrase.replace("{that}", said).strip().split(" +")) {
          if (!word.equals("^") && !word.equals("$")) {
            node = node.next.computeIfAbsent(word, w -> new Node());
          }
        }
        node.ends.merge(section, entry, (a, b) -> b.intensity > a.intensity ? b : a);
      }
    }
  }

  private void readSentiment(List<String> lines) {
    @Nullable Set<String> section = null;
    for (String line : lines) {
      if (line.startsWith("[")) {
        section =
            switch (line) {
              case "[positive]" -> positive;
              case "[negative]" -> negative;
              case "[negators]" -> negators;
              default -> throw new AssertionError("sentiment.txt: unknown section " + line);
            };
      } else if (section != null) {
        section.addAll(List.of(line.split(" +")));
      }
    }
  }

  private void readTopics(List<String> lines) {
    long bit = 1;
    for (String line : lines) {
      for (String word : line.substring(line.indexOf(':') + 1).strip().split(" +")) {
        topics.merge(word, bit, (a, b) -> a | b);
      }
      bit <<= 1;
    }
  }

  static List<String> lines(String resource) {
    try (InputStream in = Lexicon.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new AssertionError("resource " + resource + " is not beside " + Lexicon.class);
      }
      return new String(in.readAllBytes(), UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read resource " + resource, e);
    }
  }
}

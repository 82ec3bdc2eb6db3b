package dev.mneme.preference;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Evaluation items that must never be trained on, as hashes: whole texts, and every run of eight
 * words, so that a quotation is found too. Holds no text.
 *
 * <p>Immutable and thread-safe once built.
 */
public final class DenyList {
  /** The nothing-is-denied list. */
  public static final DenyList NONE = new DenyList();

  private static final int RUN = 8;

  /** A text of fewer words is too common to be an item's own. */
  private static final int SHORTEST = 4;

  /** From this share of quoted runs on, a text is taken for the item. */
  private static final double QUOTED = 0.5;

  private final Set<Long> texts = new HashSet<>();
  private final Set<Long> runs = new HashSet<>();

  private DenyList() {}

  /** A list of these texts. */
  public static DenyList of(Iterable<String> items) {
    var list = new DenyList();
    items.forEach(list::add);
    return list;
  }

  /**
   * A list of every text in these files, or in the data files below these directories: the strings
   * of JSON and JSON Lines, the fields of CSV and TSV, the lines of plain text. So any evaluation
   * set can be denied without a reader of its own.
   *
   * @throws PreferenceException when one cannot be read
   */
  public static DenyList read(List<Path> places) {
    var list = new DenyList();
    for (Path place : places) {
      try (Stream<Path> files = Files.walk(place)) {
        files.filter(Files::isRegularFile).sorted().forEach(list::read);
      } catch (IOException | UncheckedIOException e) {
        throw new PreferenceException("cannot read the evaluation items in " + place, e);
      }
    }
    return list;
  }

  /** How many texts and runs it knows. */
  public int size() {
    return texts.size() + runs.size();
  }

  /** Whether a text is an item, or quotes one for the larger part. */
  public boolean denies(String text) {
    if (texts.isEmpty()) {
      return false;
    }
    List<String> words = Borrowed.words(text);
    if (words.size() >= SHORTEST && texts.contains(hash(words))) {
      return true;
    }
    int known = 0;
    int all = words.size() - RUN + 1;
    for (int i = 0; i < all; i++) {
      known += runs.contains(hash(words.subList(i, i + RUN))) ? 1 : 0;
    }
    return all > 0 && known >= QUOTED * all;
  }

  private void add(String text) {
    List<String> words = Borrowed.words(text);
    if (words.size() < SHORTEST) {
      return;
    }
    texts.add(hash(words));
    for (int i = 0; i + RUN <= words.size(); i++) {
      runs.add(hash(words.subList(i, i + RUN)));
    }
  }

  private void read(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    try {
      if (name.endsWith(".json") || name.endsWith(".jsonl")) {
        strings(Files.readString(file, UTF_8), this::add);
      } else if (name.endsWith(".csv") || name.endsWith(".tsv") || name.endsWith(".txt")) {
        try (Stream<String> lines = Files.lines(file, UTF_8)) {
          lines.forEach(line -> fields(line, name, this::add));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  private static void fields(String line, String name, Consumer<String> add) {
    add.accept(line);
    if (name.endsWith(".txt")) {
      return;
    }
    String separator = name.endsWith(".tsv") ? "\t" : ",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)";
    for (String field : line.split(separator)) {
      // A speaker's tag before the words is not part of what was said.
      add.accept(field.replaceFirst("^\"?(SYSTEM|USER|User|Chatbot)\\b[\\s:]*", ""));
    }
  }

  /** Every string value of one or more JSON documents, found without a schema. */
  private static void strings(String json, Consumer<String> add) {
    var text = new StringBuilder();
    boolean inside = false;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (!inside) {
        if (c == '"') {
          inside = true;
          text.setLength(0);
        }
      } else if (c == '\\' && i + 1 < json.length()) {
        char escaped = json.charAt(++i);
        switch (escaped) {
          case 'n', 'r', 't', 'b', 'f' -> text.append(' ');
          case 'u' -> {
            if (i + 4 < json.length()) {
              text.append((char) Integer.parseInt(json.substring(i + 1, i + 5), 16));
              i += 4;
            }
          }
          default -> text.append(escaped);
        }
      } else if (c == '"') {
        inside = false;
        String said = text.toString();
        add.accept(said);
        String untagged = said.replaceFirst("^(User|Chatbot)\\s*:\\s*", "");
        if (untagged.length() < said.length()) {
          add.accept(untagged);
        }
      } else {
        text.append(c);
      }
    }
  }

  /** FNV-1a over the words; collisions of 64 bits do not matter here. */
  private static long hash(List<String> words) {
    long hash = 0xcbf29ce484222325L;
    for (String word : words) {
      for (int i = 0; i < word.length(); i++) {
        hash = (hash ^ word.charAt(i)) * 0x100000001b3L;
      }
      hash = (hash ^ ' ') * 0x100000001b3L;
    }
    return hash;
  }
}

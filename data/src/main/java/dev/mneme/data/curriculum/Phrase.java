package dev.mneme.data.curriculum;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A template: text with slots and alternatives.
 *
 * <ul>
 *   <li>{@code {city}} is the value bound to {@code city}, drawn from the lexicon of that name on
 *       first use; {@code {city2}} is another one. {@code {City}} starts with a capital, {@code {a
 *       fruit}} brings its article.
 *   <li>{@code [Hi|Hello] there} is one of the alternatives; an empty one is fine. Brackets without
 *       a bar are plain text, and so are braces that hold anything but a slot name.
 *   <li>{@code \n} is a line break.
 * </ul>
 */
final class Phrase {
  private static final Pattern SLOT = Pattern.compile("\\{(?:([aA]) )?([A-Za-z][A-Za-z0-9_]*)\\}");

  private sealed interface Part {
    record Text(String text) implements Part {}

    record Slot(String key, boolean capital, String article) implements Part {}

    record Choice(List<List<Part>> options) implements Part {}
  }

  private final String source;
  private final List<Part> parts;

  private Phrase(String source, List<Part> parts) {
    this.source = source;
    this.parts = parts;
  }

  static Phrase parse(String source) {
    String text = source.replace("\\n", "\n");
    return new Phrase(source, parse(text, 0, text.length()));
  }

  private static List<Part> parse(String text, int from, int to) {
    var parts = new ArrayList<Part>();
    var plain = new StringBuilder();
    Matcher slot = SLOT.matcher(text);
    int i = from;
    while (i < to) {
      char c = text.charAt(i);
      if (c == '{' && slot.region(i, to).lookingAt()) {
        flush(plain, parts);
        String article = slot.group(1) == null ? "" : slot.group(1);
        String name = slot.group(2);
        boolean capital = Character.isUpperCase(name.charAt(0));
        String key = name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
        parts.add(new Part.Slot(key, capital, article));
        i = slot.end();
      } else if (c == '[') {
        List<Integer> bars = bars(text, i, to);
        if (bars.size() < 3) {
          plain.append(c);
          i++;
        } else {
          flush(plain, parts);
          var options = new ArrayList<List<Part>>();
          for (int k = 0; k + 1 < bars.size(); k++) {
            options.add(parse(text, bars.get(k) + 1, bars.get(k + 1)));
          }
          parts.add(new Part.Choice(List.copyOf(options)));
          i = bars.getLast() + 1;
        }
      } else {
        plain.append(c);
        i++;
      }
    }
    flush(plain, parts);
    return List.copyOf(parts);
  }

  /** Positions of a bracket, its bars and its end; fewer than three when there is no choice. */
  private static List<Integer> bars(String text, int open, int to) {
    var found = new ArrayList<Integer>();
    found.add(open);
    int depth = 0;
    for (int i = open + 1; i < to; i++) {
      char c = text.charAt(i);
      if (c == '[') {
        depth++;
      } else if (c == ']' && depth-- == 0) {
        found.add(i);
        return found;
      } else if (c == '|' && depth == 0) {
        found.add(i);
      }
    }
    return List.of();
  }

  private static void flush(StringBuilder plain, List<Part> parts) {
    if (!plain.isEmpty()) {
      parts.add(new Part.Text(plain.toString()));
      plain.setLength(0);
    }
  }

  /** The line as it stands in its file. */
  String source() {
    return source;
  }

  String fill(Frame frame) {
    var out = new StringBuilder(source.length() + 32);
    fill(parts, frame, out);
    return out.toString();
  }

  private static void fill(List<Part> parts, Frame frame, StringBuilder out) {
    for (Part each : parts) {
      switch (each) {
        case Part.Text text -> out.append(text.text());
        case Part.Choice choice ->
            fill(choice.options().get(frame.below(choice.options().size())), frame, out);
        case Part.Slot slot -> {
          String value = frame.value(slot.key());
          if (!slot.article().isEmpty()) {
            out.append(slot.article()).append(startsWithVowel(value) ? "n " : " ");
          }
          out.append(slot.capital() ? capital(value) : value);
        }
      }
    }
  }

  static String capital(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }

  private static boolean startsWithVowel(String word) {
    return !word.isEmpty() && "aeiouAEIOU".indexOf(word.charAt(0)) >= 0;
  }

  /** The slots this phrase may ask for. */
  Set<String> slots() {
    var keys = new LinkedHashSet<String>();
    collect(parts, keys);
    return keys;
  }

  private static void collect(List<Part> parts, Set<String> keys) {
    for (Part each : parts) {
      switch (each) {
        case Part.Text _ -> {}
        case Part.Slot slot -> keys.add(slot.key());
        case Part.Choice choice -> choice.options().forEach(option -> collect(option, keys));
      }
    }
  }

  @Override
  public String toString() {
    return source;
  }
}

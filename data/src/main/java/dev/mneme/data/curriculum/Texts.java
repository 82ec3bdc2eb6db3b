package dev.mneme.data.curriculum;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the one format of all curriculum files.
 *
 * <pre>
 * # a comment
 * == title of a block
 * values: colour            a property: a word, a colon, its value
 * &gt; What is my name?        a line of the kind "&gt;"
 * &lt;formal&gt; Your name is ... a line of the kind "&lt;formal&gt;"
 * | second line of it       continues the line above
 * </pre>
 *
 * Blank lines mean nothing. What kinds there are depends on the skill; each file starts with a
 * comment that says so.
 */
final class Texts {
  private static final Pattern PROPERTY = Pattern.compile("([a-z_-]+): *(.*)");
  private static final Pattern LINE = Pattern.compile("([^\\sA-Za-z0-9]\\S*) (.*)");

  private Texts() {}

  /**
   * One block.
   *
   * @param where file and line, for error messages
   * @param title what follows "=="
   * @param properties by name
   * @param lines by kind, in order
   */
  record Block(
      String where, String title, Map<String, String> properties, Map<String, List<String>> lines) {

    List<String> of(String kind) {
      return lines.getOrDefault(kind, List.of());
    }

    /** Wordings that are split: what people say and what memories say. */
    Pool<Phrase> wordings(String kind) {
      return Pool.split(of(kind).stream().map(Phrase::parse).toList(), Phrase::source);
    }

    /** Wordings that both sides use: replies. */
    List<Phrase> phrases(String kind) {
      return of(kind).stream().map(Phrase::parse).toList();
    }

    String property(String name) {
      String value = properties.get(name);
      if (value == null) {
        throw new IllegalArgumentException(
            where + ": block '" + title + "' needs a line '" + name + ": ...'");
      }
      return value;
    }

    String property(String name, String otherwise) {
      return properties.getOrDefault(name, otherwise);
    }
  }

  /** True when the bundled file exists. */
  static boolean exists(String file) {
    return Texts.class.getResource(file) != null;
  }

  /** The lines of a bundled file without comments and blank ones. */
  static List<String> lines(String file) {
    return raw(file).stream()
        .map(String::strip)
        .filter(each -> !each.isEmpty() && !each.startsWith("#"))
        .toList();
  }

  private static List<String> raw(String file) {
    try (@Nullable InputStream in = Texts.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalArgumentException(
            "no curriculum file " + file + " beside " + Texts.class.getPackageName());
      }
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read curriculum file " + file, e);
    }
  }

  /** The blocks of a bundled file by their titles; of two with one title, the last. */
  static Map<String, Block> byTitle(String file) {
    var named = new LinkedHashMap<String, Block>();
    blocks(file).forEach(block -> named.put(block.title(), block));
    return named;
  }

  /** The blocks of a bundled file, in order. */
  static List<Block> blocks(String file) {
    var blocks = new ArrayList<Block>();
    Block block = null;
    List<String> last = null;
    String lastKind = "";
    int number = 0;
    for (String line : raw(file)) {
      number++;
      String text = line.strip();
      if (text.isEmpty() || text.startsWith("#")) {
        continue;
      }
      String where = file + ":" + number;
      if (text.startsWith("== ")) {
        block =
            new Block(
                where, text.substring(3).strip(), new LinkedHashMap<>(), new LinkedHashMap<>());
        blocks.add(block);
        last = null;
        continue;
      }
      if (block == null) {
        throw new IllegalArgumentException(
            where + ": expected '== title' before the first line, got: " + text);
      }
      if (text.equals("|") || text.startsWith("| ")) {
        if (last == null) {
          throw new IllegalArgumentException(where + ": '|' continues no line: " + text);
        }
        last.set(
            last.size() - 1, last.getLast() + "\\n" + (text.length() > 2 ? text.substring(2) : ""));
        continue;
      }
      Matcher kind = LINE.matcher(text);
      Matcher property = PROPERTY.matcher(text);
      if (kind.matches()) {
        List<String> same = block.lines().computeIfAbsent(kind.group(1), _ -> new ArrayList<>());
        if (kind.group(1).startsWith(">") && !same.isEmpty() && !kind.group(1).equals(lastKind)) {
          throw new IllegalArgumentException(
              where
                  + ": lines of the kind '"
                  + kind.group(1)
                  + "' must stand together, because any reply may follow any of them: "
                  + text);
        }
        last = same;
        lastKind = kind.group(1);
        last.add(kind.group(2).strip());
      } else if (property.matches()) {
        block.properties().put(property.group(1), property.group(2).strip());
        last = null;
      } else {
        throw new IllegalArgumentException(
            where + ": expected '> text', 'name: value' or '== title', got: " + text);
      }
    }
    return List.copyOf(blocks);
  }
}

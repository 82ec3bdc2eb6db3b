package dev.mneme.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.mneme.data.SystemPrompt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who an agent is: a small Markdown file.
 *
 * <pre>
 * ---
 * name: tutor
 * description: explains, then asks
 * tools: calculator, clock
 * ---
 * You are a patient tutor. Explain in small steps.
 * </pre>
 *
 * The head is optional; without {@code name} the file's name counts. {@code tools} takes tools away
 * from the agent; a persona cannot add a tool or allow one.
 *
 * @param name the name shown and logged
 * @param description one line for lists; may be empty
 * @param text the system text
 * @param tools the only tools offered; null offers all
 */
public record Persona(String name, String description, String text, @Nullable Set<String> tools) {
  /** The persona of an installation that has none of its own. */
  public static final Persona DEFAULT =
      new Persona("mneme", "the helpful default", SystemPrompt.PERSONA, null);

  public Persona {
    requireNonNull(name, "name is null");
    requireNonNull(description, "description is null");
    requireNonNull(text, "text is null");
    tools = tools == null ? null : Set.copyOf(tools);
    if (name.isBlank()) {
      throw new IllegalArgumentException("a persona needs a name");
    }
  }

  /**
   * Reads a persona file.
   *
   * @throws IllegalArgumentException naming file and line when the head is not as described above
   * @throws UncheckedIOException when the file cannot be read
   */
  public static Persona read(Path file) {
    String fileName = requireNonNull(file.getFileName(), "a persona is a file").toString();
    String name = fileName.replaceFirst("\\.[^.]*$", "");
    try {
      return parse(Files.readString(file, UTF_8), name, file.toString());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read persona " + file, e);
    }
  }

  static Persona parse(String content, String defaultName, String file) {
    List<String> lines = content.lines().toList();
    String name = defaultName;
    String description = "";
    Set<String> tools = null;
    int body = 0;
    if (!lines.isEmpty() && lines.getFirst().strip().equals("---")) {
      int line = 1;
      while (line < lines.size() && !lines.get(line).strip().equals("---")) {
        String text = lines.get(line).strip();
        int colon = text.indexOf(':');
        if (!text.isEmpty() && !text.startsWith("#")) {
          if (colon < 0) {
            throw bad(file, line, "expected \"key: value\", got \"" + text + "\"");
          }
          String value = text.substring(colon + 1).strip();
          switch (text.substring(0, colon).strip().toLowerCase(Locale.ROOT)) {
            case "name" -> name = value;
            case "description" -> description = value;
            case "tools" -> tools = names(value);
            default ->
                throw bad(
                    file,
                    line,
                    "unknown key \""
                        + text.substring(0, colon).strip()
                        + "\"; expected name, description or tools");
          }
        }
        line++;
      }
      if (line == lines.size()) {
        throw bad(file, 0, "the head that \"---\" opens is never closed by another \"---\"");
      }
      body = line + 1;
    }
    String text = String.join("\n", lines.subList(body, lines.size())).strip();
    if (text.isEmpty()) {
      throw bad(file, Math.max(0, lines.size() - 1), "the persona says nothing after its head");
    }
    return new Persona(name, description, text, tools);
  }

  private static Set<String> names(String value) {
    Set<String> names = new LinkedHashSet<>();
    for (String each : value.replaceAll("[\\[\\]]", "").split(",")) {
      if (!each.isBlank()) {
        names.add(each.strip());
      }
    }
    return names;
  }

  private static IllegalArgumentException bad(String file, int line, String problem) {
    return new IllegalArgumentException(file + ":" + (line + 1) + ": " + problem);
  }
}

package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import java.time.LocalDate;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How recalled memories stand in a prompt: quoted data between two markers, one dated line each.
 *
 * <pre>
 * &lt;memory&gt;
 * [12] 2026-03-04 user: My dog is called Biscuit.
 * &lt;/memory&gt;
 * </pre>
 *
 * The agent writes it, the curriculum teaches it and evaluations use it, so it is defined once. A
 * remembered text cannot close the block or open a role: whatever looks like a marker is broken by
 * {@link #quote}.
 */
public final class MemoryBlock {
  public static final String OPEN = "<memory>";
  public static final String CLOSE = "</memory>";

  private static final Pattern SPACE = Pattern.compile("\\s+");
  private static final Pattern MARKER = Pattern.compile("(?i)<(/?)(memory|tool_call)>");

  private MemoryBlock() {}

  /**
   * One memory.
   *
   * @param id short id the user can ask about
   * @param date when it was said
   * @param speaker who said it
   * @param text what was said, verbatim; quoted when rendered
   */
  public record Line(String id, LocalDate date, String speaker, String text) {
    public Line {
      requireNonNull(id, "id is null");
      requireNonNull(date, "date is null");
      requireNonNull(speaker, "speaker is null");
      requireNonNull(text, "text is null");
    }
  }

  /** The block, without a trailing newline; empty text for no lines. */
  public static String render(List<Line> lines) {
    if (lines.isEmpty()) {
      return "";
    }
    var out = new StringBuilder(OPEN).append('\n');
    for (Line each : lines) {
      out.append('[').append(quote(each.id())).append("] ").append(each.date()).append(' ');
      out.append(quote(each.speaker())).append(": ").append(quote(each.text())).append('\n');
    }
    return out.append(CLOSE).toString();
  }

  /** The text on one line, with everything that looks like a prompt marker broken. */
  public static String quote(String text) {
    return breakMarkers(SPACE.matcher(text).replaceAll(" ").strip());
  }

  /** Puts a space inside every {@code <|}, {@code <memory>} and {@code <tool_call>} marker. */
  public static String breakMarkers(String text) {
    // Hardly any text has one, and every line of every prompt comes through here.
    return text.indexOf('<') < 0
        ? text
        : MARKER.matcher(text.replace("<|", "< |")).replaceAll("< $1$2>");
  }
}

package dev.mneme.data;

import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;

/**
 * The one layout of the system message: who the model is, what day it is, what the user asked for
 * in general, and what is remembered.
 *
 * <pre>
 * You are Mneme, a helpful assistant.
 * Today is 2026-11-22.
 * The user prefers:
 * - Answers in one sentence.
 * &lt;memory&gt;
 * [12] 2026-03-04 user: My dog is called Biscuit.
 * &lt;/memory&gt;
 * </pre>
 *
 * The agent writes it, the curriculum teaches it and evaluations use it, so it is defined once.
 * What varies most stands last, so that a prefix cache keeps the rest.
 */
public final class SystemPrompt {
  /** Who the model is unless a scenario or a user says otherwise; what it was trained with. */
  public static final String PERSONA =
      "You are Mneme, a helpful assistant with a long-term memory.";

  private SystemPrompt() {}

  /**
   * The system message's text.
   *
   * @param persona who the model is, trusted text; may be empty
   * @param today the date the model should believe
   * @param preferences what the user asked for in general, one line each; quoted
   * @param memories what was recalled; stands in order of date, oldest first, so that the last word
   *     on a matter is the last line about it. Lines of one day keep the order given here.
   */
  public static String render(
      String persona, LocalDate today, List<String> preferences, List<MemoryBlock.Line> memories) {
    var out = new StringBuilder();
    if (!persona.isBlank()) {
      out.append(persona.strip()).append('\n');
    }
    out.append("Today is ").append(today).append('.');
    if (!preferences.isEmpty()) {
      out.append("\nThe user prefers:");
      for (String each : preferences) {
        out.append("\n- ").append(MemoryBlock.quote(each));
      }
    }
    if (!memories.isEmpty()) {
      List<MemoryBlock.Line> inTime =
          memories.stream().sorted(Comparator.comparing(MemoryBlock.Line::date)).toList();
      out.append('\n').append(MemoryBlock.render(inTime));
    }
    return out.toString();
  }
}

package dev.mneme.ltm;

import dev.mneme.data.Turn;
import java.util.List;

/**
 * Reads facts from what a person said. A port: {@link #rules()} needs no model; a more capable one
 * may take its place. Called on the writer's thread, so it must not wait for anything.
 */
public interface FactExtractor {
  /** What a turn states; empty for most turns. Only turns of people are given. */
  List<Statement> extract(Turn turn);

  /** The built-in rules over English sentences. */
  static FactExtractor rules() {
    return new FactRules();
  }

  /**
   * One statement.
   *
   * @param kind whether it is said to hold, or no longer to hold
   * @param subject {@code user} for the speaker, or a name
   * @param attribute what is said of the subject
   * @param value what holds
   * @param single whether the attribute has one value at a time, so that a new one supersedes
   * @param confidence 0 to 1
   * @param quote the words it rests on
   */
  record Statement(
      Kind kind,
      String subject,
      String attribute,
      String value,
      boolean single,
      double confidence,
      String quote) {}

  /** What a statement says about its value. */
  enum Kind {
    /** It holds. */
    HOLDS,
    /** It held and no longer does ("I no longer ..."). */
    ENDED,
    /** It does not hold ("I don't like ..."): the opposite of what may have been believed. */
    DENIED
  }
}

package dev.mneme.preference.dialogue;

import static java.util.Objects.requireNonNull;

/**
 * One turn of plain speech.
 *
 * @param speaker who says it
 * @param text what is said, verbatim
 */
public record Utterance(Speaker speaker, String text) {
  public Utterance {
    requireNonNull(speaker, "speaker is null");
    requireNonNull(text, "text is null");
  }

  /** The two sides of a dialogue, and what tools say in between. */
  public enum Speaker {
    /** The person whose satisfaction is asked for. */
    PERSON,
    /** The side that is judged. */
    ASSISTANT,
    /** A tool's result; its text is whatever the tool returned. */
    TOOL
  }

  public static Utterance person(String text) {
    return new Utterance(Speaker.PERSON, text);
  }

  public static Utterance assistant(String text) {
    return new Utterance(Speaker.ASSISTANT, text);
  }

  public static Utterance tool(String text) {
    return new Utterance(Speaker.TOOL, text);
  }
}

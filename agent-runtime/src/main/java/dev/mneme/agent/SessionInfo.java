package dev.mneme.agent;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * One conversation as a list shows it.
 *
 * @param id the session component of its scope
 * @param startedAt time of its first turn
 * @param lastAt time of its newest turn
 * @param turns how many turns it has
 * @param title its first words
 */
public record SessionInfo(String id, Instant startedAt, Instant lastAt, int turns, String title) {
  public SessionInfo {
    requireNonNull(id, "id is null");
    requireNonNull(startedAt, "startedAt is null");
    requireNonNull(lastAt, "lastAt is null");
    requireNonNull(title, "title is null");
  }

  /** The first words of a text, on one line of at most 60 characters. */
  public static String titleOf(String text) {
    String line = text.replaceAll("\\s+", " ").strip();
    return line.length() <= 60
        ? line
        : line.substring(
                0, line.offsetByCodePoints(0, Math.min(59, line.codePointCount(0, line.length()))))
            + "…";
  }
}

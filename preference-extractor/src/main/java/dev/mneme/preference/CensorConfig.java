package dev.mneme.preference;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What must not be learned, beyond what always holds.
 *
 * @param secrets patterns of secrets, besides the built-in ones
 * @param personal patterns of personal identifiers, besides the built-in ones
 * @param harmful patterns of harmful content, besides the built-in ones
 * @param builtIn whether the patterns of {@code censor.txt} apply; only a closed installation that
 *     brings its own should turn them off
 * @param nearDuplicate pairs at least this alike are one, in (0, 1]
 * @param borrowed drop a chosen reply of which more than this share is recalled or tool text
 * @param lengthRatio a pair whose only difference is length by at least this factor is dropped
 * @param pairsPerSession more pairs from one session are taken for a campaign, where several people
 *     teach the model
 * @param chosenReuse more prompts with the same chosen reply are taken for a campaign
 * @param flips more reversals of one wish within {@code flipWindow} are taken for manipulation
 * @param flipWindow see {@code flips}
 */
public record CensorConfig(
    List<String> secrets,
    List<String> personal,
    List<String> harmful,
    boolean builtIn,
    double nearDuplicate,
    double borrowed,
    double lengthRatio,
    int pairsPerSession,
    int chosenReuse,
    int flips,
    Duration flipWindow) {
  public CensorConfig {
    secrets = compiled(secrets, "secrets");
    personal = compiled(personal, "personal");
    harmful = compiled(harmful, "harmful");
    if (!(nearDuplicate > 0 && nearDuplicate <= 1)) {
      throw new IllegalArgumentException("nearDuplicate must be in (0, 1], got " + nearDuplicate);
    }
    if (!(borrowed > 0 && borrowed <= 1)) {
      throw new IllegalArgumentException("borrowed must be in (0, 1], got " + borrowed);
    }
    if (!(lengthRatio >= 1)) {
      throw new IllegalArgumentException("lengthRatio must be at least 1, got " + lengthRatio);
    }
    if (pairsPerSession < 1 || chosenReuse < 1 || flips < 1) {
      throw new IllegalArgumentException(
          "pairsPerSession, chosenReuse and flips must be positive, got "
              + pairsPerSession
              + ", "
              + chosenReuse
              + ", "
              + flips);
    }
  }

  public static CensorConfig defaults() {
    return new CensorConfig(
        List.of(), List.of(), List.of(), true, 0.9, 0.6, 1.3, 20, 5, 3, Duration.ofHours(24));
  }

  /** For the only person who teaches a model: nobody else is crowded out by one long session. */
  CensorConfig forOnePerson() {
    return new CensorConfig(
        secrets,
        personal,
        harmful,
        builtIn,
        nearDuplicate,
        borrowed,
        lengthRatio,
        Integer.MAX_VALUE,
        chosenReuse,
        flips,
        flipWindow);
  }

  private static List<String> compiled(List<String> patterns, String name) {
    for (String each : patterns) {
      try {
        Pattern.compile(each);
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(
            name + " holds \"" + each + "\", which is not a regular expression: " + e.getMessage(),
            e);
      }
    }
    return List.copyOf(patterns);
  }
}

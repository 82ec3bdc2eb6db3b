package dev.mneme.preference;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Facts of the simple form "my dog is called Biscuit", "I live in Oslo", and replies that say
 * otherwise. Deliberately narrow: what is found is a contradiction, most contradictions are not
 * found.
 */
final class Facts {
  private static final Pattern MINE =
      Pattern.compile(
          "\\b(?:my|the user's|user's) ((?:\\w+ ){0,2}\\w+?)(?:'s name)? (?:is|are|was|is called|is"
              + " named) (?:now )?(?:the |a |an )?([\\p{L}\\p{N}][\\p{L}\\p{N}'-]*)",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern YOURS =
      Pattern.compile(
          "\\byour ((?:\\w+ ){0,2}\\w+?)(?:'s name)? (?:is|are|was|is called|is named) (?:now"
              + " )?(?:the |a |an )?([\\p{L}\\p{N}][\\p{L}\\p{N}'-]*)",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern I_LIVE =
      Pattern.compile(
          "\\b(?:I|the user|user) (live|work|was born) (?:in|at|for)"
              + " ([\\p{L}\\p{N}][\\p{L}\\p{N}'-]*)",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern YOU_LIVE =
      Pattern.compile(
          "\\byou (live|work|were born) (?:in|at|for) ([\\p{L}\\p{N}][\\p{L}\\p{N}'-]*)",
          Pattern.CASE_INSENSITIVE);

  /** Words that continue a sentence rather than name a value. */
  private static final java.util.Set<String> NO_VALUE =
      java.util.Set.of(
          "not", "very", "so", "called", "named", "in", "on", "at", "that", "to", "always", "also",
          "still", "going", "being");

  private Facts() {}

  /** What the reply says about the person against what their memories say, in words. */
  static Optional<String> contradiction(String reply, List<String> memories) {
    if (memories.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> known = new HashMap<>();
    for (String memory : memories) {
      facts(memory, MINE, known);
      facts(memory, I_LIVE, known);
    }
    Map<String, String> claimed = new HashMap<>();
    facts(reply, YOURS, claimed);
    facts(reply, YOU_LIVE, claimed);
    for (var claim : claimed.entrySet()) {
      String fact = known.get(claim.getKey());
      if (fact != null && !fact.equals(claim.getValue())) {
        return Optional.of(
            "says \""
                + claim.getKey()
                + ": "
                + claim.getValue()
                + "\" where the memory says \""
                + fact
                + "\"");
      }
    }
    return Optional.empty();
  }

  /** Later facts replace earlier ones: memories come oldest first. */
  private static void facts(String text, Pattern pattern, Map<String, String> into) {
    Matcher matcher = pattern.matcher(text.replace('’', '\''));
    while (matcher.find()) {
      String key = matcher.group(1).toLowerCase(Locale.ROOT).replace("were born", "was born");
      String value = matcher.group(2).toLowerCase(Locale.ROOT);
      if (!NO_VALUE.contains(value)) {
        into.put(key.strip(), value);
      }
    }
  }
}

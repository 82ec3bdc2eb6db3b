package dev.mneme.preference;

import dev.mneme.data.Hashes;
import dev.mneme.preference.dialogue.RequestText;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a preference is about and which way it goes; the same slot with another value contradicts
 * it.
 *
 * @param slot a {@link StatedPreference.Slot} name, or {@code content:} and a hash of both sides
 * @param value which way
 */
record Aspect(String slot, String value) {
  private static final Pattern BULLET = Pattern.compile("(?m)^\\s*([-*•]|\\d+[.)])\\s+\\S");
  private static final double SAME_CONTENT = 0.6;

  /** A reply is about length when it is so many times as long, and so many words longer. */
  private static final double TIMES = 1.5;

  private static final int WORDS = 6;

  static Aspect of(StatedPreference wish) {
    return new Aspect(wish.slot().name(), wish.value());
  }

  /** Whether wishes in this slot can contradict each other, so that a later one is a reversal. */
  static boolean reversible(StatedPreference.Slot slot) {
    return switch (slot) {
      case LENGTH, FORMAT, TONE, EMOJI, LANGUAGE, UNITS, LEVEL, APOLOGY, CODE_LANGUAGE -> true;
      case NAME, OTHER -> false;
    };
  }

  /**
   * What tells the sides apart. Form counts only where both say much the same: a better answer that
   * happens to be longer is not a wish for length.
   */
  static List<Aspect> of(String chosen, String rejected) {
    var aspects = new ArrayList<Aspect>();
    String a = Hashes.sha256(normal(chosen));
    String b = Hashes.sha256(normal(rejected));
    String both = a.compareTo(b) < 0 ? a + b : b + a;
    aspects.add(new Aspect("content:" + Hashes.sha256(both).substring(0, 16), a.substring(0, 16)));
    var first = new RequestText(chosen);
    var second = new RequestText(rejected);
    double shared = Math.max(first.containedIn(second), second.containedIn(first));
    if (shared < SAME_CONTENT) {
      return aspects;
    }
    int chosenWords = FormCheck.wordCount(chosen);
    int rejectedWords = FormCheck.wordCount(rejected);
    if (muchLonger(rejectedWords, chosenWords)) {
      aspects.add(new Aspect(StatedPreference.Slot.LENGTH.name(), "short"));
    } else if (muchLonger(chosenWords, rejectedWords)) {
      aspects.add(new Aspect(StatedPreference.Slot.LENGTH.name(), "long"));
    }
    boolean bullets = BULLET.matcher(chosen).find();
    if (bullets != BULLET.matcher(rejected).find()) {
      aspects.add(new Aspect(StatedPreference.Slot.FORMAT.name(), bullets ? "bullets" : "prose"));
    }
    return aspects;
  }

  private static boolean muchLonger(int words, int than) {
    return words >= than * TIMES && words - than >= WORDS;
  }

  static String normal(String text) {
    return text.strip().toLowerCase(java.util.Locale.ROOT).replaceAll("\\s+", " ");
  }
}

package dev.mneme.data.curriculum;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What is being talked about in one example: the values of its slots, the source of chance, and
 * which side of the split it is on. Confined to the thread that composes the example.
 */
final class Frame {
  private final Lexicons lexicons;
  private final SplittableRandom random;
  private final boolean heldOut;
  private final Map<String, String> bound = new HashMap<>();
  private Map<String, List<Phrase>> rules = Map.of();
  private double unknownShare;

  Frame(Lexicons lexicons, SplittableRandom random, boolean heldOut) {
    this.lexicons = lexicons;
    this.random = random;
    this.heldOut = heldOut;
  }

  /** A frame with nothing bound, for the next thing talked about. */
  Frame fresh() {
    return new Frame(lexicons, random, heldOut);
  }

  /** Slots of these names are phrases themselves, drawn anew each time. */
  void rules(Map<String, List<Phrase>> grammar) {
    rules = grammar;
  }

  SplittableRandom random() {
    return random;
  }

  boolean heldOut() {
    return heldOut;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** From this side of the split; where that is empty, from the whole pool. */
  <T> T pick(Pool<T> from) {
    List<T> side = from.side(heldOut);
    return pick(side.isEmpty() ? from.all() : side);
  }

  Frame bind(String slot, String value) {
    bound.put(slot, value);
    return this;
  }

  /** The slot's value; drawn from the lexicon of its name, unlike any other value, when unbound. */
  String value(String slot) {
    String known = bound.get(slot);
    if (known != null) {
      return known;
    }
    List<Phrase> rule = rules.get(slot);
    if (rule != null) {
      return pick(rule).fill(this);
    }
    String drawn = draw(slot);
    bound.put(slot, drawn);
    return drawn;
  }

  /**
   * From here on this share of drawn values means nothing, on the side that is trained on. A model
   * that has met every value of a lexicon recalls them instead of reading: it answers "tennis" to
   * whoever asks for a favourite sport. One that cannot know the value has to copy it.
   */
  Frame unknowns(double share) {
    unknownShare = share;
    return this;
  }

  /** A value from the slot's lexicon that no slot has yet; does not bind it. */
  String draw(String slot) {
    Lexicon lexicon = lexicons.get(slot);
    if (unknownShare > 0 && !heldOut && chance(unknownShare)) {
      return lexicon.drawUnknown(random);
    }
    String drawn = lexicon.draw(random, heldOut);
    for (int i = 0; i < 20 && bound.containsValue(drawn); i++) {
      // A held-out side can be smaller than what an example needs: then any entry will do.
      drawn = lexicon.draw(random, heldOut && i < 10);
    }
    return drawn;
  }
}

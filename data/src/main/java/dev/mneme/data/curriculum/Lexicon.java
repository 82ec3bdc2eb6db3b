package dev.mneme.data.curriculum;

import java.util.SplittableRandom;

/** A source of values for slots. Thread-safe. */
interface Lexicon {
  /** A value; one that training never sees when {@code heldOut}. */
  String draw(SplittableRandom random, boolean heldOut);

  /**
   * A value of the shape of {@link #draw}'s that means nothing, so that it can only be copied; the
   * same as {@code draw} where shape and meaning are one (numbers, dates, closed classes of words).
   */
  default String drawUnknown(SplittableRandom random) {
    return draw(random, false);
  }

  /** How many entries are written down; 0 when values are made up. */
  int size();
}

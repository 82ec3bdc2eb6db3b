package dev.mneme.data.curriculum;

import java.util.SplittableRandom;

/** A source of values for slots. Thread-safe. */
interface Lexicon {
  /** A value; one that training never sees when {@code heldOut}. */
  String draw(SplittableRandom random, boolean heldOut);

  /** How many entries are written down; 0 when values are made up. */
  int size();
}

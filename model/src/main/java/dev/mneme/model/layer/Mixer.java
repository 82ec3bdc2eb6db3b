package dev.mneme.model.layer;

/** A sublayer that mixes positions by attention scores. */
interface Mixer extends Sublayer {
  /**
   * The largest score of each query head since somebody set it to 0. The array itself: whoever
   * clips also resets.
   */
  float[] largestScores();

  /**
   * Scales the weights behind one head's queries and keys so that its scores shrink by {@code
   * factor}; other heads stay as they are.
   */
  void shrinkScores(int head, double factor);
}

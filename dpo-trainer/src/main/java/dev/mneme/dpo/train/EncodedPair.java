package dev.mneme.dpo.train;

import dev.mneme.model.PackedBatch;

/**
 * A pair as the trainer sees it.
 *
 * @param id the pair's id, for error messages
 * @param chosen prompt and better reply
 * @param rejected prompt and worse reply
 * @param chosenKey content key of the chosen side, for the reference cache
 * @param rejectedKey content key of the rejected side
 * @param weight how much it counts
 */
record EncodedPair(
    String id,
    PackedBatch.Segment chosen,
    PackedBatch.Segment rejected,
    String chosenKey,
    String rejectedKey,
    double weight) {
  int chosenTokens() {
    return (int) chosen.weight();
  }

  int rejectedTokens() {
    return (int) rejected.weight();
  }
}

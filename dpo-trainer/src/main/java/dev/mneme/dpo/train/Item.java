package dev.mneme.dpo.train;

import dev.mneme.model.PackedBatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the preference phase learns from at once: a pair, or for kto a single reply.
 *
 * @param id of the pair or reply
 * @param chosen prompt and better reply; null for a single undesirable reply
 * @param rejected prompt and worse reply; null for a single desirable reply
 * @param mismatch the prompt with another item's reply, from which kto estimates the KL divergence;
 *     null where it is not asked for
 * @param weight how much it counts
 */
record Item(
    String id,
    @Nullable Side chosen,
    @Nullable Side rejected,
    @Nullable Side mismatch,
    double weight) {

  /**
   * One reply as tokens.
   *
   * @param key content key, for the reference cache
   */
  record Side(PackedBatch.Segment segment, String key) {
    int tokens() {
      return (int) segment.weight();
    }
  }

  /** Chosen and rejected, as far as there are. */
  List<Side> sides() {
    List<Side> sides = new ArrayList<>(2);
    if (chosen != null) {
      sides.add(chosen);
    }
    if (rejected != null) {
      sides.add(rejected);
    }
    return sides;
  }

  boolean isPair() {
    return chosen != null && rejected != null;
  }

  /** Tokens of prompts and replies. */
  int length() {
    return sides().stream().mapToInt(side -> side.segment().length()).sum();
  }
}

package dev.mneme.dpo.cycle;

import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import java.util.List;
import java.util.Map;

/** Where preferences come from: in production the extractor over a snapshot of the memory. */
public interface PreferenceSource {
  /** Everything to learn from now, already censored. */
  Snapshot snapshot();

  /**
   * What there is to learn from.
   *
   * @param memorySequence the memory's change number it was taken at
   * @param pairs weighted pairs
   * @param ratedReplies single replies with a clear satisfaction
   * @param dropped how many pairs and replies the censor dropped, by reason
   */
  record Snapshot(
      long memorySequence,
      List<PreferencePair> pairs,
      List<RatedReply> ratedReplies,
      Map<String, Integer> dropped) {
    public Snapshot {
      pairs = List.copyOf(pairs);
      ratedReplies = List.copyOf(ratedReplies);
      dropped = Map.copyOf(dropped);
    }
  }
}

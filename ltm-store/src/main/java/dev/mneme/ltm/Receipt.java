package dev.mneme.ltm;

import java.util.List;

/**
 * The store's word that a write is on disk.
 *
 * @param sequence the last change this write caused; reads that start later see it
 * @param ids ids of what was written, in the order given
 * @param alreadyStored of these, how many were in the store before, word for word
 * @param echoes of these, how many were kept as conversation only because they repeat recalled text
 * @param facts facts drawn from the turns
 */
public record Receipt(
    long sequence, List<String> ids, int alreadyStored, int echoes, List<Fact> facts) {
  public Receipt {
    ids = List.copyOf(ids);
    facts = List.copyOf(facts);
  }
}

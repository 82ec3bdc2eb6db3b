package dev.mneme.dpo.cycle;

import dev.mneme.data.Evidence;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.dpo.registry.DataProvenance;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one cycle trains on and what it holds out.
 *
 * @param memorySequence the memory's change number at the snapshot
 * @param trainPairs pairs to learn from
 * @param heldOutPairs pairs the gate asks about; no prompt of theirs is in {@code trainPairs}
 * @param replies replies for the supervised phase
 * @param dropped counts by reason, censor and hygiene together
 */
public record TrainingSet(
    long memorySequence,
    List<PreferencePair> trainPairs,
    List<PreferencePair> heldOutPairs,
    List<RatedReply> replies,
    Map<String, Integer> dropped) {
  public TrainingSet {
    trainPairs = List.copyOf(trainPairs);
    heldOutPairs = List.copyOf(heldOutPairs);
    replies = List.copyOf(replies);
    dropped = Map.copyOf(dropped);
  }

  /** Users, turns and weights, by id only. */
  public DataProvenance provenance() {
    Set<String> users = new LinkedHashSet<>();
    Set<String> turns = new LinkedHashSet<>();
    Map<String, Double> weights = new LinkedHashMap<>();
    for (PreferencePair pair : trainPairs) {
      users.add(pair.scope().tenant() + "/" + pair.scope().user());
      for (Evidence each : pair.evidence()) {
        turns.add(each.turnId());
        String other = each.user();
        if (other != null) {
          users.add(other);
        }
      }
      weights.put(pair.id(), pair.weight().total());
    }
    Map<String, DataProvenance.Rated> rated = new LinkedHashMap<>();
    for (RatedReply reply : replies) {
      rated.put(reply.id(), new DataProvenance.Rated(reply.satisfaction(), reply.weight()));
      users.add(reply.scope().tenant() + "/" + reply.scope().user());
      reply.evidence().forEach(e -> turns.add(e.turnId()));
    }
    return new DataProvenance(
        memorySequence, List.copyOf(users), List.copyOf(turns), weights, rated);
  }
}

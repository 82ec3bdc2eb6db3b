package dev.mneme.dpo.registry;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a checkpoint learned from, by id: enough to answer "who is in these weights" without keeping
 * anyone's words.
 *
 * @param memorySequence the memory's change number at the snapshot; 0 for none
 * @param users {@code tenant/user} of everyone whose turns were used
 * @param turnIds the turns that served as evidence
 * @param pairWeights weight by pair id
 */
public record DataProvenance(
    long memorySequence,
    List<String> users,
    List<String> turnIds,
    Map<String, Double> pairWeights) {
  public static final DataProvenance NONE = new DataProvenance(0, List.of(), List.of(), Map.of());

  public DataProvenance {
    users = List.copyOf(users);
    turnIds = List.copyOf(turnIds);
    pairWeights = Collections.unmodifiableMap(new LinkedHashMap<>(pairWeights));
  }
}

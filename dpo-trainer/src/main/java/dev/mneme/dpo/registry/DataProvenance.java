package dev.mneme.dpo.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
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
 * @param pairWeights weight by pair id, in the order in which the pairs were given
 * @param replies satisfaction and weight by reply id, in that order too
 */
public record DataProvenance(
    long memorySequence,
    List<String> users,
    List<String> turnIds,
    Map<String, Double> pairWeights,
    // Left out when empty: the digests of manifests written before it existed still hold.
    @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, Rated> replies) {
  public static final DataProvenance NONE = new DataProvenance(0, List.of(), List.of(), Map.of());

  /** How a single reply counted. */
  public record Rated(double satisfaction, double weight) {}

  public DataProvenance(
      long memorySequence,
      List<String> users,
      List<String> turnIds,
      Map<String, Double> pairWeights) {
    this(memorySequence, users, turnIds, pairWeights, Map.of());
  }

  public DataProvenance {
    users = List.copyOf(users);
    turnIds = List.copyOf(turnIds);
    pairWeights = Collections.unmodifiableMap(new LinkedHashMap<>(pairWeights));
    replies =
        replies == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(replies));
  }
}

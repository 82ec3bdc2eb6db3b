package dev.mneme.dpo.cycle;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.mneme.dpo.registry.DataProvenance;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything about one cycle; stands as {@code cycle.json} in its run folder.
 *
 * @param id the run folder's name
 * @param startedAt when it began
 * @param endedAt when it ended; null while it runs or when it was killed
 * @param outcome how it ended
 * @param reason why, in one sentence
 * @param active the checkpoint it started from
 * @param candidate the checkpoint it made, the last when it made several; null when it made none
 * @param trainPairs pairs trained on
 * @param heldOutPairs pairs held out for the gate
 * @param replies replies of the supervised phase
 * @param dropped what was left out, by reason
 * @param data provenance by id
 * @param config training configuration
 * @param figures of the training run, and {@code step}, the share of the way the candidate went
 * @param verdict the gate's comparison; null when it did not come to that
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CycleRecord(
    String id,
    Instant startedAt,
    @Nullable Instant endedAt,
    Outcome outcome,
    String reason,
    String active,
    @Nullable String candidate,
    int trainPairs,
    int heldOutPairs,
    int replies,
    Map<String, Integer> dropped,
    DataProvenance data,
    Map<String, Object> config,
    Map<String, Double> figures,
    PromotionGate.@Nullable Verdict verdict) {
  /** How a cycle ends. */
  public enum Outcome {
    RUNNING,
    PROMOTED,
    REJECTED,
    NOTHING_TO_LEARN,
    DRY_RUN
  }
}

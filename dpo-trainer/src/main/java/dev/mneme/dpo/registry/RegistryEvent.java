package dev.mneme.dpo.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@code journal.jsonl}: what happened to which checkpoint, in order.
 *
 * @param at when
 * @param what what happened
 * @param id the checkpoint
 * @param previous the checkpoint that served before, for promotions and roll-backs
 * @param reason why
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RegistryEvent(
    Instant at, What what, String id, @Nullable String previous, String reason) {
  /** What can happen. */
  public enum What {
    REGISTERED,
    PROMOTED,
    REJECTED,
    ROLLED_BACK,
    FLAGGED,
    PRUNED
  }
}

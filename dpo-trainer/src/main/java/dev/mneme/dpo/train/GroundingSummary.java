package dev.mneme.dpo.train;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * How a supervised run went.
 *
 * @param steps optimizer steps
 * @param replies replies that were imitated: those at or above the floor
 * @param lossBefore mean negative log-likelihood per token, weighted, before
 * @param lossAfter the same after
 */
public record GroundingSummary(
    int steps,
    int replies,
    @JsonProperty("loss_before") double lossBefore,
    @JsonProperty("loss_after") double lossAfter) {}

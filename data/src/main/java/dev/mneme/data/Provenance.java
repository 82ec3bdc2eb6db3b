package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a model's turn came to be: enough to reproduce it and to name the evidence behind it.
 *
 * @param model the weights that wrote it
 * @param sampling how it was drawn
 * @param memoriesUsed ids of the memories the prompt carried, in prompt order
 * @param latency what it cost; null for an imported turn
 * @param persona the persona file's name; null without one
 */
public record Provenance(
    ModelRef model,
    Sampling sampling,
    List<String> memoriesUsed,
    @Nullable Latency latency,
    @Nullable String persona) {
  public Provenance {
    requireNonNull(model, "model is null");
    requireNonNull(sampling, "sampling is null");
    memoriesUsed = memoriesUsed == null ? List.of() : List.copyOf(memoriesUsed);
  }
}

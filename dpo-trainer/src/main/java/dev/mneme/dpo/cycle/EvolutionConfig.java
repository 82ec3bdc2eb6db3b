package dev.mneme.dpo.cycle;

import java.util.List;

/**
 * When a cycle runs, what it holds out, and how far it goes.
 *
 * @param minPairs fewer pairs than this after cleaning are nothing to learn from
 * @param maxPairs how many are learnt from, the heaviest: a training that grew with the history
 *     would go further every time (docs/adr/0105)
 * @param maxReplies the same for the replies of the supervised phase
 * @param heldOutFraction share of prompts whose pairs only the gate sees
 * @param copyCap how many times one pair's weight its copies may reach together
 * @param steps shares of the way from the active weights to the trained ones that are put before
 *     the gate, the longest first; a shorter one follows only where the longer one lost something
 * @param seed of the split and of everything below
 */
public record EvolutionConfig(
    int minPairs,
    int maxPairs,
    int maxReplies,
    double heldOutFraction,
    double copyCap,
    List<Double> steps,
    long seed) {
  public EvolutionConfig {
    steps = List.copyOf(steps);
    if (minPairs < 1) {
      throw new IllegalArgumentException("minPairs must be positive, got " + minPairs);
    }
    if (maxPairs < minPairs || maxReplies < 0) {
      throw new IllegalArgumentException(
          "maxPairs must be at least minPairs, which is "
              + minPairs
              + ", and maxReplies not negative, got "
              + maxPairs
              + " and "
              + maxReplies);
    }
    if (!(heldOutFraction > 0 && heldOutFraction < 1)) {
      throw new IllegalArgumentException(
          "heldOutFraction must be in (0, 1), got " + heldOutFraction);
    }
    if (!(copyCap >= 1)) {
      throw new IllegalArgumentException("copyCap must be at least 1, got " + copyCap);
    }
    if (steps.isEmpty() || !steps.stream().allMatch(step -> step > 0 && step <= 1)) {
      throw new IllegalArgumentException(
          "steps must be shares of the way, above 0 and at most 1, got " + steps);
    }
  }

  public static EvolutionConfig defaults() {
    return new EvolutionConfig(8, 300, 1_000, 0.2, 3, List.of(1.0, 0.7, 0.4), 0);
  }
}

package dev.mneme.dpo.cycle;

/**
 * When a cycle runs and what it holds out.
 *
 * @param minPairs fewer pairs than this after cleaning are nothing to learn from
 * @param heldOutFraction share of prompts whose pairs only the gate sees
 * @param copyCap how many times one pair's weight its copies may reach together
 * @param seed of the split and of everything below
 */
public record EvolutionConfig(int minPairs, double heldOutFraction, double copyCap, long seed) {
  public EvolutionConfig {
    if (minPairs < 1) {
      throw new IllegalArgumentException("minPairs must be positive, got " + minPairs);
    }
    if (!(heldOutFraction > 0 && heldOutFraction < 1)) {
      throw new IllegalArgumentException(
          "heldOutFraction must be in (0, 1), got " + heldOutFraction);
    }
    if (!(copyCap >= 1)) {
      throw new IllegalArgumentException("copyCap must be at least 1, got " + copyCap);
    }
  }

  public static EvolutionConfig defaults() {
    return new EvolutionConfig(8, 0.2, 3, 0);
  }
}

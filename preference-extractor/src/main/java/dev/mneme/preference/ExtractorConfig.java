package dev.mneme.preference;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Everything the extractor can be told.
 *
 * @param tenant whose history to learn from; anything else is dropped and counted. Null takes every
 *     tenant, each on its own
 * @param pairs how pairs are found
 * @param weights how they are weighted
 * @param censor what must not be learned
 */
public record ExtractorConfig(
    @Nullable String tenant, PairConfig pairs, WeightConfig weights, CensorConfig censor) {
  public ExtractorConfig {
    requireNonNull(pairs, "pairs is null");
    requireNonNull(weights, "weights is null");
    requireNonNull(censor, "censor is null");
  }

  public static ExtractorConfig defaults() {
    return new ExtractorConfig(
        null, PairConfig.defaults(), WeightConfig.defaults(), CensorConfig.defaults());
  }

  public ExtractorConfig withTenant(@Nullable String newTenant) {
    return new ExtractorConfig(newTenant, pairs, weights, censor);
  }

  public ExtractorConfig withPairs(PairConfig newPairs) {
    return new ExtractorConfig(tenant, newPairs, weights, censor);
  }

  public ExtractorConfig withWeights(WeightConfig newWeights) {
    return new ExtractorConfig(tenant, pairs, newWeights, censor);
  }

  public ExtractorConfig withCensor(CensorConfig newCensor) {
    return new ExtractorConfig(tenant, pairs, weights, newCensor);
  }

  /**
   * How pairs are found.
   *
   * @param similarity requests at least this alike are about the same thing, in (0, 1]
   * @param margin the satisfaction gap a pair needs, in (0, 1]
   * @param minConfidence replies judged with less say nothing, in [0, 1]
   * @param clearLow at most this satisfied is clearly bad: a KTO negative
   * @param clearHigh at least this satisfied is clearly good: a KTO positive, and what a chosen
   *     side must reach
   * @param pairsPerGroup most margin pairs from one group of requests
   * @param promptMessages most messages of context a prompt keeps
   * @param promptCharacters most characters of context a prompt keeps
   * @param repliesPerUser most clear replies remembered for one user; the oldest go first
   */
  public record PairConfig(
      double similarity,
      double margin,
      double minConfidence,
      double clearLow,
      double clearHigh,
      int pairsPerGroup,
      int promptMessages,
      int promptCharacters,
      int repliesPerUser) {
    public PairConfig {
      inUnit(similarity, "similarity");
      inUnit(margin, "margin");
      inUnit(minConfidence, "minConfidence");
      inUnit(clearLow, "clearLow");
      inUnit(clearHigh, "clearHigh");
      if (clearLow >= clearHigh) {
        throw new IllegalArgumentException(
            "clearLow " + clearLow + " must be below clearHigh " + clearHigh);
      }
      if (pairsPerGroup < 1 || promptMessages < 1 || promptCharacters < 1 || repliesPerUser < 1) {
        throw new IllegalArgumentException(
            "pairsPerGroup, promptMessages, promptCharacters and repliesPerUser must be positive,"
                + " got "
                + pairsPerGroup
                + ", "
                + promptMessages
                + ", "
                + promptCharacters
                + ", "
                + repliesPerUser);
      }
    }

    private static void inUnit(double value, String name) {
      if (!(value >= 0 && value <= 1)) {
        throw new IllegalArgumentException(name + " must be in [0, 1], got " + value);
      }
    }

    public static PairConfig defaults() {
      return new PairConfig(0.6, 0.35, 0.2, 0.4, 0.75, 4, 8, 8_000, 50_000);
    }
  }
}

package dev.mneme.cli.config;

import dev.mneme.preference.CensorConfig;
import dev.mneme.preference.ExtractorConfig;
import dev.mneme.preference.WeightConfig;
import java.time.Duration;
import java.util.List;

/**
 * How preferences are weighted, and whether the censor looks at them: the exponents of w = f^a r^b
 * i^c k^d, of which 0 switches a factor off.
 *
 * @param frequency a, how much repetition counts
 * @param recency b, how much age counts
 * @param intensity c, how much the strength of a reaction counts
 * @param confidence d, how much the extractor's certainty counts
 * @param halfLifeDays after how many days a preference counts half, also against a contrary one
 * @param maxUserShare no user owns more than this share of the total weight
 * @param censor false learns from everything, campaigns, secrets and harmful text included: for
 *     experiments on made-up people only
 */
public record PreferenceSettings(
    double frequency,
    double recency,
    double intensity,
    double confidence,
    double halfLifeDays,
    double maxUserShare,
    boolean censor) {
  public PreferenceSettings {
    if (!(halfLifeDays > 0) || halfLifeDays > 1e6) {
      throw new IllegalArgumentException(
          "halfLifeDays must be positive and at most 1e6, got " + halfLifeDays);
    }
    weights(frequency, recency, intensity, confidence, halfLifeDays, maxUserShare);
  }

  public static PreferenceSettings defaults() {
    WeightConfig weights = WeightConfig.defaults();
    return new PreferenceSettings(
        weights.frequencyExponent(),
        weights.recencyExponent(),
        weights.intensityExponent(),
        weights.confidenceExponent(),
        weights.halfLife().toDays(),
        weights.maxUserShare(),
        true);
  }

  /** What the extractor is told for this tenant. */
  public ExtractorConfig extractor(String tenant) {
    return ExtractorConfig.defaults()
        .withTenant(tenant)
        .withWeights(weights(frequency, recency, intensity, confidence, halfLifeDays, maxUserShare))
        .withCensor(censor ? CensorConfig.defaults() : lenient());
  }

  private static WeightConfig weights(
      double frequency,
      double recency,
      double intensity,
      double confidence,
      double halfLifeDays,
      double maxUserShare) {
    WeightConfig usual = WeightConfig.defaults();
    return new WeightConfig(
        usual.frequencyRho(),
        usual.withinSession(),
        Duration.ofSeconds(Math.round(halfLifeDays * 86_400)),
        frequency,
        recency,
        intensity,
        confidence,
        maxUserShare);
  }

  private static CensorConfig lenient() {
    return new CensorConfig(
        List.of(),
        List.of(),
        List.of(),
        false,
        1,
        1,
        Double.MAX_VALUE,
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        CensorConfig.defaults().flipWindow());
  }
}

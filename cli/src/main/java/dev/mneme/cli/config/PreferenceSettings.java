package dev.mneme.cli.config;

import dev.mneme.preference.CensorConfig;
import dev.mneme.preference.ExtractorConfig;
import dev.mneme.preference.WeightConfig;
import java.time.Duration;
import java.util.List;

/**
 * How preferences are found and weighted, and what the censor keeps out: the exponents of w = f^a
 * r^b i^c k^d, of which 0 switches a factor off, and the parameters of the factors.
 *
 * @param frequency a, how much repetition counts
 * @param recency b, how much age counts
 * @param intensity c, how much the strength of a reaction counts
 * @param confidence d, how much the extractor's certainty counts
 * @param halfLifeDays after how many days a preference counts half, also against a contrary one
 * @param maxUserShare no user owns more than this share of the total weight
 * @param censor false learns from everything, campaigns, secrets and harmful text included: for
 *     experiments on made-up people only
 * @param frequencyRho saturation of repetition, in [0, 1): 0.6 saturates at 2.5
 * @param withinSession what a repetition inside one session counts, against 1 for a new session
 * @param similarity requests at least this alike are about the same thing
 * @param margin the satisfaction gap a pair needs
 * @param secrets patterns of secrets, besides the built-in ones
 * @param personal patterns of personal identifiers, besides the built-in ones
 * @param harmful patterns of harmful content, besides the built-in ones
 * @param reruns how many replies that broke a stated wish {@code evolve} may answer again in one
 *     cycle; 0 for none
 * @param meaning whether {@code evolve} also groups requests by the serving model's vectors,
 *     besides their words; for imported models, the starter's vectors tell too little apart
 */
public record PreferenceSettings(
    double frequency,
    double recency,
    double intensity,
    double confidence,
    double halfLifeDays,
    double maxUserShare,
    boolean censor,
    double frequencyRho,
    double withinSession,
    double similarity,
    double margin,
    List<String> secrets,
    List<String> personal,
    List<String> harmful,
    int reruns,
    boolean meaning) {
  public PreferenceSettings {
    if (!(halfLifeDays > 0) || halfLifeDays > 1e6) {
      throw new IllegalArgumentException(
          "halfLifeDays must be positive and at most 1e6, got " + halfLifeDays);
    }
    if (reruns < 0) {
      throw new IllegalArgumentException("reruns must not be negative, got " + reruns);
    }
    secrets = List.copyOf(secrets);
    personal = List.copyOf(personal);
    harmful = List.copyOf(harmful);
    // What does not fit is to be told when the configuration is read.
    weights(
        frequency,
        recency,
        intensity,
        confidence,
        halfLifeDays,
        maxUserShare,
        frequencyRho,
        withinSession);
    pairs(similarity, margin);
    strict(secrets, personal, harmful);
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
        true,
        weights.frequencyRho(),
        weights.withinSession(),
        ExtractorConfig.PairConfig.defaults().similarity(),
        ExtractorConfig.PairConfig.defaults().margin(),
        List.of(),
        List.of(),
        List.of(),
        32,
        false);
  }

  /** What the extractor is told for this tenant. */
  public ExtractorConfig extractor(String tenant) {
    return ExtractorConfig.defaults()
        .withTenant(tenant)
        .withPairs(pairs(similarity, margin))
        .withWeights(
            weights(
                frequency,
                recency,
                intensity,
                confidence,
                halfLifeDays,
                maxUserShare,
                frequencyRho,
                withinSession))
        .withCensor(censor ? strict(secrets, personal, harmful) : lenient());
  }

  private static WeightConfig weights(
      double frequency,
      double recency,
      double intensity,
      double confidence,
      double halfLifeDays,
      double maxUserShare,
      double frequencyRho,
      double withinSession) {
    return new WeightConfig(
        frequencyRho,
        withinSession,
        Duration.ofSeconds(Math.round(halfLifeDays * 86_400)),
        frequency,
        recency,
        intensity,
        confidence,
        maxUserShare);
  }

  private static ExtractorConfig.PairConfig pairs(double similarity, double margin) {
    ExtractorConfig.PairConfig usual = ExtractorConfig.PairConfig.defaults();
    return new ExtractorConfig.PairConfig(
        similarity,
        margin,
        usual.minConfidence(),
        usual.clearLow(),
        usual.clearHigh(),
        usual.pairsPerGroup(),
        usual.promptMessages(),
        usual.promptCharacters(),
        usual.repliesPerUser());
  }

  private static CensorConfig strict(
      List<String> secrets, List<String> personal, List<String> harmful) {
    CensorConfig usual = CensorConfig.defaults();
    return new CensorConfig(
        secrets,
        personal,
        harmful,
        usual.builtIn(),
        usual.nearDuplicate(),
        usual.borrowed(),
        usual.lengthRatio(),
        usual.pairsPerSession(),
        usual.chosenReuse(),
        usual.flips(),
        usual.flipWindow());
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

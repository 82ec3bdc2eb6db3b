package dev.mneme.evals.satisfaction;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one run found.
 *
 * @param format the set's format
 * @param dialogues how many were read
 * @param turns how many rated turns were judged
 * @param dissatisfied the share of them people were dissatisfied with
 * @param f1AllDissatisfied the F1 of calling every turn dissatisfied: the trivial bar
 * @param seed decides the resamples
 * @param resamples bootstrap resamples, of whole dialogues
 * @param judges the judge, then the floor
 * @param aucGain the judge's AUC less the floor's, resampled in pairs
 */
public record SatisfactionReport(
    String format,
    int dialogues,
    int turns,
    double dissatisfied,
    double f1AllDissatisfied,
    long seed,
    int resamples,
    List<JudgeScores> judges,
    Interval aucGain) {
  public SatisfactionReport {
    judges = List.copyOf(judges);
  }

  /**
   * The report flat, as other programs want it: the judge's figures at the top, each with its
   * interval as {@code [low, high]} beside it, and the floor's below {@code floor}.
   */
  public Map<String, Object> summary() {
    var summary = new LinkedHashMap<String, Object>();
    summary.put("format", format);
    summary.put("dialogues", dialogues);
    summary.put("turns", turns);
    summary.put("dissatisfied", dissatisfied);
    summary.putAll(figures(judges.getFirst()));
    summary.put("auc_gain", aucGain.value());
    summary.put("auc_gain_interval", List.of(aucGain.low(), aucGain.high()));
    summary.put("f1_all_dissatisfied", f1AllDissatisfied);
    summary.put("floor", figures(judges.getLast()));
    summary.put("seed", seed);
    summary.put("resamples", resamples);
    return summary;
  }

  private static Map<String, Object> figures(JudgeScores scores) {
    var figures = new LinkedHashMap<String, Object>();
    figures.put("judge", scores.judge());
    put(figures, "auc_dissatisfied", scores.aucDissatisfied());
    put(figures, "f1_dissatisfied", scores.f1Dissatisfied());
    put(figures, "f1_at_half", scores.f1AtHalf());
    put(figures, "spearman", scores.spearman());
    return figures;
  }

  private static void put(Map<String, Object> figures, String name, Interval interval) {
    figures.put(name, interval.value());
    figures.put(name + "_interval", List.of(interval.low(), interval.high()));
  }

  /**
   * One judge's figures.
   *
   * @param judge its name
   * @param aucDissatisfied how well it tells dissatisfied turns from the others
   * @param f1Dissatisfied at the threshold that was best on the other half of the dialogues
   * @param f1AtHalf at the threshold one half, as a calibrated judge on this set would be read
   * @param spearman rank correlation with the mean rating
   */
  public record JudgeScores(
      String judge,
      Interval aucDissatisfied,
      Interval f1Dissatisfied,
      Interval f1AtHalf,
      Interval spearman) {}

  /**
   * A figure with its 95 % bootstrap interval.
   *
   * @param value on the whole set
   * @param low 2.5th percentile of the resamples
   * @param high 97.5th percentile of the resamples
   */
  public record Interval(double value, double low, double high) {}
}

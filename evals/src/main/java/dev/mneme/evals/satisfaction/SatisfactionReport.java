package dev.mneme.evals.satisfaction;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

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
    @JsonProperty("f1_all_dissatisfied") double f1AllDissatisfied,
    long seed,
    int resamples,
    List<JudgeScores> judges,
    @JsonProperty("auc_gain") Interval aucGain) {
  public SatisfactionReport {
    judges = List.copyOf(judges);
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
      @JsonProperty("auc_dissatisfied") Interval aucDissatisfied,
      @JsonProperty("f1_dissatisfied") Interval f1Dissatisfied,
      @JsonProperty("f1_at_half") Interval f1AtHalf,
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

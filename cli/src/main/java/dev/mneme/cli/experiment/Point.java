package dev.mneme.cli.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One measurement: the newcomers of one seed with the weights of one generation of one arm.
 *
 * @param arm the condition
 * @param seed the trial's
 * @param generation how many cycles came before
 * @param interactions exchanges that were there to learn from
 * @param model the weights
 * @param satisfaction mean by the hidden profiles, 0 to 1
 * @param form the part of it that is about form
 * @param success share of questions with a known answer answered rightly
 * @param words length of a reply
 * @param distinct2 different pairs of words among all
 * @param selfBleu how much replies resemble each other
 * @param foreign memories of other people in a prompt, on average
 * @param leaks private values of others that stood in prompts
 * @param early share of each newcomer's first questions with a known answer answered rightly
 * @param promoted whether the cycle before it promoted; null before the first
 * @param note what that cycle said
 * @param measures grade, divergence and the cycle's figures
 * @param people what each person was asked about: their judgements in order, by person
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Point(
    String arm,
    long seed,
    int generation,
    int interactions,
    String model,
    double satisfaction,
    double form,
    double success,
    double words,
    double distinct2,
    @JsonProperty("self_bleu") double selfBleu,
    double foreign,
    int leaks,
    double early,
    @Nullable Boolean promoted,
    @Nullable String note,
    Map<String, Double> measures,
    Map<String, List<Double>> people) {
  public Point {
    measures = new TreeMap<>(measures);
    people = new TreeMap<>(people);
  }
}

package dev.mneme.agent.sim;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How one generation did: the steps between two cycles, measured from the log alone.
 *
 * @param round how many cycles came before
 * @param model the weights that answered
 * @param fromStep first step
 * @param toStep step after the last
 * @param replies how many replies were judged
 * @param satisfaction mean by the hidden profiles, 0 to 1
 * @param satisfactionCi half the width of its 95 % interval, over cells (replies of one person are
 *     not independent)
 * @param form the part of satisfaction that is about form
 * @param taskSuccess share of the questions with a known answer that were answered rightly
 * @param remembered share of the questions about told facts whose prompt carried the fact
 * @param memoryUse share of those whose prompt carried it that were answered rightly
 * @param memoriesPerReply memories in a prompt, on average
 * @param foreignPerReply of these, shared by others
 * @param leaks private values of others that stood in prompts
 * @param distinct1 different words among all
 * @param distinct2 different pairs of words among all
 * @param selfBleu how much replies resemble each other
 * @param words length of a reply
 * @param good thumbs up and thanks among all reactions
 * @param reactions reactions by kind
 * @param promptTokens tokens read
 * @param replyTokens tokens written
 * @param failedCells cells that stopped
 * @param promoted whether the cycle before it promoted; null for the first
 * @param note what that cycle said
 * @param measures what that cycle measured
 * @param weights what was found out about the weights outside of the conversations
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Generation(
    int round,
    String model,
    int fromStep,
    int toStep,
    int replies,
    double satisfaction,
    @JsonProperty("satisfaction_ci") double satisfactionCi,
    double form,
    double taskSuccess,
    double remembered,
    double memoryUse,
    double memoriesPerReply,
    double foreignPerReply,
    int leaks,
    double distinct1,
    double distinct2,
    double selfBleu,
    double words,
    double good,
    Map<String, Integer> reactions,
    long promptTokens,
    long replyTokens,
    int failedCells,
    @Nullable Boolean promoted,
    @Nullable String note,
    Map<String, Double> measures,
    Map<String, Double> weights) {

  /** Whether a step is one of its steps. */
  boolean holds(int step) {
    return step >= fromStep && step < toStep;
  }

  /** Measures every generation of a log. */
  static List<Generation> of(List<SimEvent> events) {
    List<Generation> generations = new ArrayList<>();
    var counting = new Counting(0, 0, null);
    int last = 0;
    for (SimEvent each : events) {
      switch (each) {
        case SimEvent.Started started -> {}
        case SimEvent.Asked asked -> {}
        case SimEvent.Worded worded -> {}
        case SimEvent.Generated generated -> {
          counting.promptTokens += generated.promptTokens();
          counting.replyTokens += generated.replyTokens();
          counting.model = generated.model().id();
        }
        case SimEvent.GenerationFailed failed -> {}
        case SimEvent.Replied replied -> counting.replied(replied);
        case SimEvent.Judged judged -> counting.judged(judged);
        case SimEvent.Reacted reacted -> counting.reactions.merge(reacted.how(), 1, Integer::sum);
        case SimEvent.CellFailed failed -> counting.failed++;
        case SimEvent.Checkpoint checkpoint -> last = checkpoint.step();
        case SimEvent.Evolved evolved -> {
          generations.add(counting.done(last));
          counting = new Counting(evolved.round(), evolved.step(), evolved);
        }
        case SimEvent.Measured measured -> counting.weights = measured.measures();
        case SimEvent.Ended ended -> {}
      }
    }
    if (counting.judged > 0) {
      generations.add(counting.done(last));
    }
    return generations;
  }

  private static final class Counting {
    final int round;
    final int from;
    final SimEvent.@Nullable Evolved before;
    final List<String> replies = new ArrayList<>();
    final Map<String, Integer> reactions = new TreeMap<>();
    final Map<Integer, double[]> byCell = new TreeMap<>();
    Map<String, Double> weights = Map.of();
    String model = "";
    long promptTokens;
    long replyTokens;
    int memories;
    int foreign;
    int leaks;
    int judged;
    double satisfaction;
    double form;
    int asked;
    int right;
    int facts;
    int carried;
    int carriedAndRight;
    int failed;

    Counting(int round, int from, SimEvent.@Nullable Evolved before) {
      this.round = round;
      this.from = from;
      this.before = before;
    }

    void replied(SimEvent.Replied replied) {
      replies.add(replied.text());
      memories += replied.memories().size();
      foreign += replied.foreign();
      leaks += replied.leaked();
    }

    void judged(SimEvent.Judged verdict) {
      judged++;
      satisfaction += verdict.satisfaction();
      form += verdict.form();
      double[] cell = byCell.computeIfAbsent(verdict.cell(), c -> new double[2]);
      cell[0] += verdict.satisfaction();
      cell[1]++;
      boolean success = Boolean.TRUE.equals(verdict.success());
      if (verdict.success() != null) {
        asked++;
        right += success ? 1 : 0;
      }
      if (verdict.remembered() != null) {
        facts++;
        carried += verdict.remembered() ? 1 : 0;
        carriedAndRight += verdict.remembered() && success ? 1 : 0;
      }
    }

    Generation done(int to) {
      int answers = Math.max(1, replies.size());
      int good = reactions.getOrDefault("good", 0) + reactions.getOrDefault("thanks", 0);
      int all = reactions.values().stream().mapToInt(Integer::intValue).sum();
      return new Generation(
          round,
          model,
          from,
          to,
          judged,
          share(satisfaction, judged),
          halfWidth(),
          share(form, judged),
          share(right, asked),
          share(carried, facts),
          share(carriedAndRight, carried),
          share(memories, answers),
          share(foreign, answers),
          leaks,
          TextDiversity.distinct(replies, 1),
          TextDiversity.distinct(replies, 2),
          TextDiversity.selfBleu(replies),
          replies.stream().mapToInt(Taste::words).average().orElse(0),
          share(good, all),
          Map.copyOf(reactions),
          promptTokens,
          replyTokens,
          failed,
          before == null ? null : before.promoted(),
          before == null ? null : before.note(),
          before == null ? Map.of() : before.measures(),
          weights);
    }

    /** Normal approximation over the means of cells. */
    private double halfWidth() {
      int n = byCell.size();
      if (n < 2) {
        return 0;
      }
      double mean = byCell.values().stream().mapToDouble(c -> c[0] / c[1]).average().orElse(0);
      double squares =
          byCell.values().stream()
              .mapToDouble(c -> (c[0] / c[1] - mean) * (c[0] / c[1] - mean))
              .sum();
      return 1.96 * Math.sqrt(squares / (n - 1) / n);
    }

    private static double share(double part, int whole) {
      return whole == 0 ? 0 : part / whole;
    }
  }

  /** Names of people who spoke in a log. */
  static Set<String> people(List<SimEvent> events) {
    Set<String> people = new HashSet<>();
    for (SimEvent each : events) {
      if (each instanceof SimEvent.Asked asked && !asked.act().equals("answer")) {
        people.add(asked.cell() + "/" + asked.by());
      }
    }
    return people;
  }
}

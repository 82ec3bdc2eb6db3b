package dev.mneme.evals.satisfaction;

import dev.mneme.data.Hashes;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Runs a judge and the {@link LexiconFloor} over rated dialogues.
 *
 * <p>A rating about several replies is compared with the mean of the judge's values for them; the
 * floor reads the last of them, the one the person's closing turn reacts to.
 */
public final class SatisfactionEval {
  private static final double HALF = 0.5;

  private final int resamples;
  private final long seed;

  /**
   * @param resamples bootstrap resamples; 1,000 is customary
   * @param seed the same seed gives the same intervals
   */
  public SatisfactionEval(int resamples, long seed) {
    if (resamples < 20) {
      throw new IllegalArgumentException(
          "a 95 % interval needs at least 20 resamples, got " + resamples);
    }
    this.resamples = resamples;
    this.seed = seed;
  }

  /**
   * Judges every rated turn.
   *
   * @throws IllegalArgumentException when all turns are dissatisfied, or none: nothing to tell
   *     apart
   */
  public SatisfactionReport run(
      RatedDialogues.Format format, List<RatedDialogue> dialogues, SatisfactionJudge judge) {
    SatisfactionJudge floor = new LexiconFloor();
    var bunches = new ArrayList<Sample>();
    for (RatedDialogue each : dialogues) {
      if (!each.rated().isEmpty()) {
        bunches.add(bunch(each, judge, floor));
      }
    }
    callAcrossFolds(bunches);
    Sample whole = Sample.of(bunches);
    long bad = whole.dissatisfied();
    if (bad == 0 || bad == whole.size()) {
      throw new IllegalArgumentException(
          "of " + whole.size() + " rated turns " + bad + " are dissatisfied; need both kinds");
    }
    List<Sample> samples = resample(bunches);
    double share = bad / (double) whole.size();
    return new SatisfactionReport(
        format.wireName(),
        bunches.size(),
        whole.size(),
        share,
        2 * share / (1 + share),
        seed,
        resamples,
        List.of(
            scores(judge.name(), whole, samples, s -> s.judged, s -> s.judgedBad),
            scores(floor.name(), whole, samples, s -> s.floored, s -> s.flooredBad)),
        interval(whole, samples, SatisfactionEval::aucGain));
  }

  /**
   * Calls turns dissatisfied at the threshold that was best on the other half of the dialogues: a
   * judge need not know how common dissatisfaction is in a set, and no threshold is chosen on the
   * turns it is scored on.
   */
  private static void callAcrossFolds(List<Sample> bunches) {
    for (int fold = 0; fold < 2; fold++) {
      var others = new ArrayList<Sample>();
      for (int i = 1 - fold; i < bunches.size(); i += 2) {
        others.add(bunches.get(i));
      }
      Sample other = Sample.of(others);
      double judged = Agreement.bestThreshold(other.judged, other.bad);
      double floored = Agreement.bestThreshold(other.floored, other.bad);
      for (int i = fold; i < bunches.size(); i += 2) {
        Sample each = bunches.get(i);
        System.arraycopy(below(each.judged, judged), 0, each.judgedBad, 0, each.size());
        System.arraycopy(below(each.floored, floored), 0, each.flooredBad, 0, each.size());
      }
    }
  }

  private static boolean[] below(double[] satisfaction, double threshold) {
    boolean[] below = new boolean[satisfaction.length];
    for (int i = 0; i < below.length; i++) {
      below[i] = satisfaction[i] < threshold;
    }
    return below;
  }

  private static Sample bunch(
      RatedDialogue dialogue, SatisfactionJudge judge, SatisfactionJudge floor) {
    var bunch = new Sample(dialogue.rated().size());
    for (int i = 0; i < bunch.size(); i++) {
      RatedDialogue.Rated rated = dialogue.rated().get(i);
      bunch.judged[i] =
          judge.judge(dialogue.messages(), rated.replies()).stream()
              .mapToDouble(Double::doubleValue)
              .average()
              .orElseThrow();
      List<Integer> last = List.of(rated.replies().getLast());
      bunch.floored[i] = floor.judge(dialogue.messages(), last).getFirst();
      bunch.rating[i] = rated.rating();
      bunch.bad[i] = rated.dissatisfied();
    }
    return bunch;
  }

  /** Rated turns as columns. */
  private static final class Sample {
    final double[] judged;
    final double[] floored;
    final double[] rating;
    final boolean[] bad;
    final boolean[] judgedBad;
    final boolean[] flooredBad;

    Sample(int size) {
      judged = new double[size];
      floored = new double[size];
      rating = new double[size];
      bad = new boolean[size];
      judgedBad = new boolean[size];
      flooredBad = new boolean[size];
    }

    static Sample of(List<Sample> parts) {
      var sample = new Sample(parts.stream().mapToInt(Sample::size).sum());
      int at = 0;
      for (Sample each : parts) {
        System.arraycopy(each.judged, 0, sample.judged, at, each.size());
        System.arraycopy(each.floored, 0, sample.floored, at, each.size());
        System.arraycopy(each.rating, 0, sample.rating, at, each.size());
        System.arraycopy(each.bad, 0, sample.bad, at, each.size());
        System.arraycopy(each.judgedBad, 0, sample.judgedBad, at, each.size());
        System.arraycopy(each.flooredBad, 0, sample.flooredBad, at, each.size());
        at += each.size();
      }
      return sample;
    }

    int size() {
      return rating.length;
    }

    long dissatisfied() {
      long count = 0;
      for (boolean each : bad) {
        count += each ? 1 : 0;
      }
      return count;
    }
  }

  private List<Sample> resample(List<Sample> bunches) {
    var random = new SplittableRandom(Hashes.subSeed(seed, "satisfaction bootstrap"));
    var samples = new ArrayList<Sample>(resamples);
    while (samples.size() < resamples) {
      var drawn = new ArrayList<Sample>(bunches.size());
      for (int i = 0; i < bunches.size(); i++) {
        drawn.add(bunches.get(random.nextInt(bunches.size())));
      }
      samples.add(Sample.of(drawn));
    }
    return samples;
  }

  private static SatisfactionReport.JudgeScores scores(
      String name,
      Sample whole,
      List<Sample> samples,
      Function<Sample, double[]> of,
      Function<Sample, boolean[]> called) {
    return new SatisfactionReport.JudgeScores(
        name,
        interval(whole, samples, s -> Agreement.aucDissatisfied(of.apply(s), s.bad)),
        interval(whole, samples, s -> Agreement.f1(called.apply(s), s.bad)),
        interval(whole, samples, s -> Agreement.f1(below(of.apply(s), HALF), s.bad)),
        interval(whole, samples, s -> Agreement.spearman(of.apply(s), s.rating)));
  }

  private static double aucGain(Sample sample) {
    return Agreement.aucDissatisfied(sample.judged, sample.bad)
        - Agreement.aucDissatisfied(sample.floored, sample.bad);
  }

  /** A resample on which the figure does not exist (one class only) is left out. */
  private static SatisfactionReport.Interval interval(
      Sample whole, List<Sample> samples, ToDoubleFunction<Sample> figure) {
    double[] values =
        samples.stream().mapToDouble(figure).filter(Double::isFinite).sorted().toArray();
    double value = figure.applyAsDouble(whole);
    if (!Double.isFinite(value) || values.length == 0) {
      throw new IllegalArgumentException(
          "the judge gives every turn the same value, or the ratings are constant: no ranking");
    }
    return new SatisfactionReport.Interval(
        value, percentile(values, 0.025), percentile(values, 0.975));
  }

  /** The nearest order statistic; the published intervals were read off so. */
  private static double percentile(double[] sorted, double share) {
    return sorted[(int) Math.min(sorted.length - 1, Math.round(share * (sorted.length - 1)))];
  }
}

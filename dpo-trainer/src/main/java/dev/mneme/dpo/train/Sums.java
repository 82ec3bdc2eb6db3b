package dev.mneme.dpo.train;

import dev.mneme.dpo.loss.PairLogProbs;
import java.util.ArrayList;
import java.util.List;

/** Means over items as they come, in TRL's names. One thread. */
final class Sums {
  private final double beta;
  private double loss;
  private int chosen;
  private int rejected;
  private int pairs;
  private double chosenReward;
  private double rejectedReward;
  private double correct;
  private double chosenLogp;
  private double rejectedLogp;
  private double klSum;
  private double lengthBefore;
  private double lengthNow;
  private final List<double[]> marginAndLength = new ArrayList<>();

  Sums(double beta) {
    this.beta = beta;
  }

  void add(Item item, PairLogProbs p, double weightedLoss) {
    loss += weightedLoss;
    double chosenRatio = p.policyChosen() - p.referenceChosen();
    double rejectedRatio = p.policyRejected() - p.referenceRejected();
    if (item.chosen() != null) {
      chosen++;
      chosenReward += beta * chosenRatio;
      chosenLogp += p.policyChosen();
      klSum += k2(chosenRatio / p.chosenTokens());
    }
    if (item.rejected() != null) {
      rejected++;
      rejectedReward += beta * rejectedRatio;
      rejectedLogp += p.policyRejected();
      klSum += k2(rejectedRatio / p.rejectedTokens());
    }
    if (item.isPair()) {
      pairs++;
      correct += chosenRatio > rejectedRatio ? 1 : 0;
      double towardsChosen = 1 / (1 + Math.exp(-p.delta()));
      lengthBefore += (p.chosenTokens() + p.rejectedTokens()) / 2.0;
      lengthNow += towardsChosen * p.chosenTokens() + (1 - towardsChosen) * p.rejectedTokens();
      marginAndLength.add(new double[] {p.delta(), (double) p.chosenTokens() - p.rejectedTokens()});
    }
  }

  /**
   * Schulman's k2 estimator of a KL divergence from a log-ratio x: x^2 / 2. The replies come from
   * neither model, where the unbiased estimators explode: exp(x) of one reply that the reference
   * found impossible outweighs all others.
   */
  private static double k2(double x) {
    return x * x / 2;
  }

  double loss() {
    return loss;
  }

  double accuracy() {
    return pairs == 0 ? 0 : correct / pairs;
  }

  double margin() {
    return mean(chosenReward, chosen) - mean(rejectedReward, rejected);
  }

  double kl() {
    return mean(klSum, chosen + rejected);
  }

  /**
   * By how much the mean length of a pair's two replies changes when each is weighed by policy over
   * reference: 0 at the start, negative when shorter replies gain.
   */
  double lengthDrift() {
    return lengthBefore == 0 ? 0 : lengthNow / lengthBefore - 1;
  }

  /** Pearson correlation of margin and difference in length. */
  double lengthCorrelation() {
    double n = marginAndLength.size();
    double meanX = marginAndLength.stream().mapToDouble(p -> p[0]).sum() / n;
    double meanY = marginAndLength.stream().mapToDouble(p -> p[1]).sum() / n;
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (double[] p : marginAndLength) {
      xy += (p[0] - meanX) * (p[1] - meanY);
      xx += (p[0] - meanX) * (p[0] - meanX);
      yy += (p[1] - meanY) * (p[1] - meanY);
    }
    return xx == 0 || yy == 0 ? 0 : xy / Math.sqrt(xx * yy);
  }

  StepMetrics metrics(
      int step, int steps, double norm, double rate, double maxVio, double pairsPerSecond) {
    return new StepMetrics(
        "dpo",
        step,
        steps,
        loss,
        mean(chosenReward, chosen),
        mean(rejectedReward, rejected),
        accuracy(),
        margin(),
        mean(chosenLogp, chosen),
        mean(rejectedLogp, rejected),
        norm,
        rate,
        kl(),
        lengthDrift(),
        maxVio,
        pairsPerSecond);
  }

  private static double mean(double sum, int n) {
    return n == 0 ? 0 : sum / n;
  }
}

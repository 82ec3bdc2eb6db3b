package dev.mneme.evals.stats;

import java.util.List;

/**
 * The win rate B would have if its replies were as long as A's.
 *
 * <p>After Dubois et al., "Length-Controlled AlpacaEval" (arXiv 2404.04475, equation 2): a logistic
 * regression of "B wins" on {@code tanh(difference in length / its standard deviation)}, read at a
 * difference of zero. Their term for the difficulty of a prompt needs many models and is left out.
 * A small ridge on the slope keeps the fit finite when length decides every game.
 */
public final class LengthControl {
  private static final double RIDGE = 0.01;
  private static final int MAX_STEPS = 100;

  private LengthControl() {}

  /**
   * One game.
   *
   * @param outcome 1 when B wins, 0 when A wins, 0.5 for a tie
   * @param lengthA of A's reply, characters
   * @param lengthB of B's reply, characters
   */
  public record Game(double outcome, int lengthA, int lengthB) {
    public Game {
      if (!(outcome >= 0 && outcome <= 1)) {
        throw new IllegalArgumentException("an outcome is between 0 and 1, got " + outcome);
      }
    }
  }

  /**
   * B's win rate at equal length, between 0 and 1.
   *
   * @throws IllegalArgumentException when there are no games
   */
  public static double winRate(List<Game> games) {
    if (games.isEmpty()) {
      throw new IllegalArgumentException("a win rate needs at least one game, got none");
    }
    double raw = games.stream().mapToDouble(Game::outcome).average().orElseThrow();
    double deviation = deviation(games);
    if (deviation == 0 || raw == 0 || raw == 1) {
      return raw;
    }
    double[] x =
        games.stream()
            .mapToDouble(each -> Math.tanh((each.lengthB() - each.lengthA()) / deviation))
            .toArray();
    return sigmoid(intercept(games, x));
  }

  /** Newton's method on the penalised log-likelihood, which is concave. */
  private static double intercept(List<Game> games, double[] x) {
    double b0 = 0;
    double b1 = 0;
    for (int step = 0; step < MAX_STEPS; step++) {
      double g0 = -RIDGE * b0;
      double g1 = -RIDGE * b1;
      double h00 = RIDGE;
      double h01 = 0;
      double h11 = RIDGE;
      for (int i = 0; i < x.length; i++) {
        double p = sigmoid(b0 + b1 * x[i]);
        double residual = games.get(i).outcome() - p;
        double weight = p * (1 - p);
        g0 += residual;
        g1 += residual * x[i];
        h00 += weight;
        h01 += weight * x[i];
        h11 += weight * x[i] * x[i];
      }
      double determinant = h00 * h11 - h01 * h01;
      double step0 = (h11 * g0 - h01 * g1) / determinant;
      double step1 = (h00 * g1 - h01 * g0) / determinant;
      // Far from the optimum a full Newton step can overshoot; one unit of logit is plenty.
      double scale = Math.min(1, 1 / Math.max(Math.abs(step0), Math.max(Math.abs(step1), 1e-300)));
      b0 += scale * step0;
      b1 += scale * step1;
      if (Math.abs(step0) + Math.abs(step1) < 1e-12) {
        break;
      }
    }
    return b0;
  }

  private static double deviation(List<Game> games) {
    double mean =
        games.stream().mapToDouble(each -> each.lengthB() - each.lengthA()).average().orElseThrow();
    double square =
        games.stream()
            .mapToDouble(each -> Math.pow(each.lengthB() - each.lengthA() - mean, 2))
            .average()
            .orElseThrow();
    return Math.sqrt(square);
  }

  private static double sigmoid(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }
}

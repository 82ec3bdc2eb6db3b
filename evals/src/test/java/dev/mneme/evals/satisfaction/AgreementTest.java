package dev.mneme.evals.satisfaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AgreementTest {
  @Test
  void aucIsTheChanceThatADissatisfiedTurnScoresLower() {
    assertThat(
            Agreement.aucDissatisfied(
                new double[] {0.1, 0.2, 0.8, 0.9}, new boolean[] {true, true, false, false}))
        .isEqualTo(1);
    assertThat(
            Agreement.aucDissatisfied(
                new double[] {0.5, 0.5, 0.5, 0.5}, new boolean[] {true, false, false, true}))
        .isEqualTo(0.5);
    // Pairs (0.3, 0.2), (0.3, 0.9), (0.6, 0.2), (0.6, 0.9): two of four in order.
    assertThat(
            Agreement.aucDissatisfied(
                new double[] {0.3, 0.6, 0.2, 0.9}, new boolean[] {true, true, false, false}))
        .isEqualTo(0.5);
  }

  @Test
  void aucEqualsTheCountOverAllPairs() {
    var random = new SplittableRandom(11);
    for (int round = 0; round < 50; round++) {
      int n = 30;
      double[] scores = new double[n];
      boolean[] bad = new boolean[n];
      for (int i = 0; i < n; i++) {
        scores[i] = random.nextInt(8);
        bad[i] = i % 3 == 0;
      }
      double won = 0;
      int pairs = 0;
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          if (bad[i] && !bad[j]) {
            pairs++;
            won += scores[i] < scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
          }
        }
      }
      assertThat(Agreement.aucDissatisfied(scores, bad)).isCloseTo(won / pairs, within(1e-12));
    }
  }

  @Test
  void tiesShareTheirMeanRank() {
    assertThat(Agreement.ranks(new double[] {3, 1, 3, 2})).containsExactly(3.5, 1, 3.5, 2);
  }

  @Test
  void spearmanSeesOrderOnly() {
    assertThat(Agreement.spearman(new double[] {1, 2, 3}, new double[] {10, 100, 1000}))
        .isCloseTo(1, within(1e-12));
    assertThat(Agreement.spearman(new double[] {1, 2, 3}, new double[] {3, 2, 1}))
        .isCloseTo(-1, within(1e-12));
  }

  @Test
  void f1CountsHitsOverCallsAndCases() {
    // One hit, two calls, two cases: 2 * 1 / 4.
    assertThat(Agreement.f1(new boolean[] {true, true, false}, new boolean[] {true, false, true}))
        .isEqualTo(0.5);
    assertThat(Agreement.f1(new boolean[] {false, false}, new boolean[] {true, false})).isZero();
  }

  @Test
  void theBestThresholdSeparatesWhatCanBeSeparated() {
    double threshold =
        Agreement.bestThreshold(
            new double[] {0.9, 0.1, 0.4, 0.7}, new boolean[] {false, true, true, false});
    assertThat(threshold).isEqualTo(0.7);
  }
}

package dev.mneme.dpo.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.testsupport.Seeded;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class PreferenceLossTest {
  private static final List<PreferenceLoss> ALL =
      List.of(
          new PreferenceLoss.Sigmoid(0.1, 0),
          new PreferenceLoss.Sigmoid(0.3, 0.2),
          new PreferenceLoss.Robust(0.2, 0.1),
          new PreferenceLoss.Hinge(0.1),
          new PreferenceLoss.Ipo(0.1),
          new PreferenceLoss.SigmoidNorm(2),
          new PreferenceLoss.SimPo(2, 1),
          new PreferenceLoss.Orpo(0.5),
          new PreferenceLoss.ApoZero(0.1),
          new PreferenceLoss.WithSft(new PreferenceLoss.Sigmoid(0.1, 0), 0.5));

  private static final PairLogProbs SAME = new PairLogProbs(-12, -30, -12, -30, 6, 10);

  @Test
  void policyEqualToReferenceGivesLogTwo() {
    assertThat(new PreferenceLoss.Sigmoid(0.1, 0).evaluate(SAME).loss())
        .isCloseTo(Math.log(2), within(1e-12));
    assertThat(new PreferenceLoss.Sigmoid(0.1, 0.3).evaluate(SAME).loss())
        .isCloseTo(Math.log(2), within(1e-12));
    assertThat(new PreferenceLoss.SigmoidNorm(3).evaluate(SAME).loss())
        .isCloseTo(Math.log(2), within(1e-12));
  }

  @Test
  void policyEqualToReferenceGivesTheSquaredTargetInIpo() {
    // (0 - 1 / (2 * 0.1))^2 = 25
    assertThat(new PreferenceLoss.Ipo(0.1).evaluate(SAME).loss()).isCloseTo(25, within(1e-12));
  }

  @Test
  void sigmoidMatchesAHandComputedPair() {
    // delta = (-10 - -12) - (-33 - -30) = 5; beta delta = 0.5; -log sig(0.5) = log(1 + e^-0.5)
    var loss =
        new PreferenceLoss.Sigmoid(0.1, 0).evaluate(new PairLogProbs(-10, -33, -12, -30, 6, 10));
    assertThat(loss.loss()).isCloseTo(0.474077, within(1e-6));
    // -beta sig(-0.5) = -0.1 * 0.377541
    assertThat(loss.gradChosen()).isCloseTo(-0.0377541, within(1e-7));
    assertThat(loss.gradRejected()).isCloseTo(0.0377541, within(1e-7));
  }

  @Test
  void simPoMatchesAHandComputedPair() {
    // avg -2 and -3: margin 1; x = 2 * 1 - 1 = 1; -log sig(1) = 0.313262
    var loss = new PreferenceLoss.SimPo(2, 1).evaluate(new PairLogProbs(-12, -30, 99, -99, 6, 10));
    assertThat(loss.loss()).isCloseTo(0.313262, within(1e-6));
  }

  @Test
  void orpoMatchesAHandComputedPair() {
    // averages -1 and -2: log odds -1 - log(1 - e^-1) = -0.541325 and -2 - log(1 - e^-2) =
    // -1.854587
    // x = 1.313262; -log sig(x) = 0.238183; loss = 1 + 0.5 * 0.238183
    var loss = new PreferenceLoss.Orpo(0.5).evaluate(new PairLogProbs(-6, -20, 0, 0, 6, 10));
    assertThat(loss.loss()).isCloseTo(1 + 0.5 * 0.238183, within(1e-5));
  }

  @Test
  void hingeIsFlatBeyondItsMargin() {
    var far = new PairLogProbs(0, -100, -50, -50, 5, 5);
    assertThat(new PreferenceLoss.Hinge(0.1).evaluate(far)).isEqualTo(new PairLoss(0, 0, 0));
  }

  @Test
  void aSwappedPairFlipsTheGradient() {
    var pair = new PairLogProbs(-10, -33, -12, -30, 6, 6);
    var swapped = new PairLogProbs(-33, -10, -30, -12, 6, 6);
    assertThat(swapped.delta()).isEqualTo(-pair.delta());
    for (PreferenceLoss loss : List.of(new PreferenceLoss.Sigmoid(0.1, 0))) {
      assertThat(loss.evaluate(pair).gradChosen()).isNegative();
      assertThat(loss.evaluate(swapped).gradRejected()).isPositive();
      assertThat(loss.evaluate(swapped).loss()).isGreaterThan(loss.evaluate(pair).loss());
    }
  }

  @Test
  void robustIsUnbiasedUnderFlippedLabels() {
    // E over labels flipped with probability e of the robust loss = the clean sigmoid loss.
    double e = 0.2;
    var robust = new PreferenceLoss.Robust(0.3, e);
    var pair = new PairLogProbs(-10, -13, -12, -11, 6, 6);
    var flipped = new PairLogProbs(-13, -10, -11, -12, 6, 6);
    double expected = (1 - e) * robust.evaluate(pair).loss() + e * robust.evaluate(flipped).loss();
    assertThat(expected)
        .isCloseTo(new PreferenceLoss.Sigmoid(0.3, 0).evaluate(pair).loss(), within(1e-12));
  }

  @Test
  @Seeded
  void everyGradientAgreesWithCentralDifferences(RandomGenerator random) {
    for (PreferenceLoss loss : ALL) {
      for (int i = 0; i < 200; i++) {
        double c = -1 - 40 * random.nextDouble();
        double r = -1 - 40 * random.nextDouble();
        double rc = c + 4 * random.nextGaussian();
        double rr = r + 4 * random.nextGaussian();
        int nc = 1 + random.nextInt(20);
        int nr = 1 + random.nextInt(20);
        double h = 1e-5;
        var exact = loss.evaluate(new PairLogProbs(c, r, rc, rr, nc, nr));
        if (loss instanceof PreferenceLoss.Hinge && exact.loss() < 1e-3) {
          continue; // the kink
        }
        double dc =
            (loss.evaluate(new PairLogProbs(c + h, r, rc, rr, nc, nr)).loss()
                    - loss.evaluate(new PairLogProbs(c - h, r, rc, rr, nc, nr)).loss())
                / (2 * h);
        double dr =
            (loss.evaluate(new PairLogProbs(c, r + h, rc, rr, nc, nr)).loss()
                    - loss.evaluate(new PairLogProbs(c, r - h, rc, rr, nc, nr)).loss())
                / (2 * h);
        assertThat(exact.gradChosen())
            .as("%s", loss)
            .isCloseTo(dc, within(1e-6 + 1e-5 * Math.abs(dc)));
        assertThat(exact.gradRejected())
            .as("%s", loss)
            .isCloseTo(dr, within(1e-6 + 1e-5 * Math.abs(dr)));
      }
    }
  }

  @Test
  void ktoPushesDesirableUpAndUndesirableDown() {
    var kto = new KtoLoss(0.1, 1, 1);
    // r = 2, z0 = 1: 1 - sig(0.1) = 0.475021
    assertThat(kto.evaluate(-10, -12, true, 1).loss()).isCloseTo(0.475021, within(1e-6));
    assertThat(kto.evaluate(-10, -12, true, 1).grad()).isNegative();
    assertThat(kto.evaluate(-10, -12, false, 1).grad()).isPositive();
    assertThat(KtoLoss.klEstimate(new double[] {-3, 1})).isZero();
    assertThat(KtoLoss.klEstimate(new double[] {3, 1})).isEqualTo(2);
  }

  @Test
  void poorRepliesAreNotImitated() {
    var weighting = new SatisfactionWeightedLikelihood(0.6);
    assertThat(weighting.weight(0.59, 1)).isZero();
    assertThat(weighting.weight(0.9, 2)).isCloseTo(1.8, within(1e-12));
  }

  @Test
  void unknownNamesAreAnsweredWithTheKnownOnes() {
    assertThatThrownBy(() -> PreferenceLoss.named("dpo", 0.1, 0, 0, 0))
        .hasMessageContaining("unknown loss dpo")
        .hasMessageContaining("sigmoid_norm");
    assertThatThrownBy(() -> new PreferenceLoss.Sigmoid(0, 0)).hasMessageContaining("beta");
  }
}

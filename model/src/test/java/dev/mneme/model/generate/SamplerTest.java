package dev.mneme.model.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.data.Sampling;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SamplerTest {
  /** Probabilities 0.5, 0.3, 0.15, 0.05. */
  private static final float[] LOGITS = {
    (float) Math.log(0.3), (float) Math.log(0.05), (float) Math.log(0.5), (float) Math.log(0.15)
  };

  @Test
  void greedyTakesTheLikeliest() {
    assertThat(new Sampler(Sampling.greedy(1), 4).sample(LOGITS.clone())).isEqualTo(2);
  }

  @Test
  void eachFilterKeepsWhatItsDefinitionSays() {
    assertThat(drawn(1, 0, 1, 0)).containsExactlyInAnyOrder(0, 1, 2, 3);
    assertThat(drawn(1, 2, 1, 0)).containsExactlyInAnyOrder(0, 2);
    assertThat(drawn(1, 0, 0.75, 0)).containsExactlyInAnyOrder(0, 2);
    assertThat(drawn(1, 0, 0.81, 0)).containsExactlyInAnyOrder(0, 2, 3);
    assertThat(drawn(1, 0, 1, 0.2)).containsExactlyInAnyOrder(0, 2, 3);
    assertThat(drawn(1, 0, 0.999, 0.2)).containsExactlyInAnyOrder(0, 2, 3);
    assertThat(drawn(1, 3, 0.5, 0)).containsExactlyInAnyOrder(2);
    assertThat(drawn(0.01, 0, 1, 0)).containsExactlyInAnyOrder(2);
  }

  @Test
  void frequenciesFollowTheDistribution() {
    for (double topP : new double[] {1, 0.9999999}) { // both ways of drawing
      int[] counts = new int[4];
      var sampler = new Sampler(sampling(1, 0, topP, 0, 1, 42), 4);
      int n = 40_000;
      for (int i = 0; i < n; i++) {
        counts[sampler.sample(LOGITS.clone())]++;
      }
      assertThat(counts[2] / (double) n).isCloseTo(0.5, within(0.015));
      assertThat(counts[0] / (double) n).isCloseTo(0.3, within(0.015));
      assertThat(counts[1] / (double) n).isCloseTo(0.05, within(0.01));
    }
  }

  /** What min-p leaves out before anything is sorted must not change what is drawn. */
  @Test
  void whatMinPLeavesOutIsNeverDrawnAndMovesNoOtherDraw() {
    var random = new java.util.SplittableRandom(3);
    for (int round = 0; round < 50; round++) {
      float[] logits = new float[200];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (float) (6 * random.nextDouble());
      }
      // Top-k over the whole vocabulary goes the long way round and keeps the same tokens.
      var direct = new Sampler(sampling(0.7, 0, 0.9999999, 0.05, 1, round), 200);
      var around = new Sampler(sampling(0.7, 200, 0.9999999, 0.05, 1, round), 200);
      for (int i = 0; i < 20; i++) {
        assertThat(direct.sample(logits.clone())).isEqualTo(around.sample(logits.clone()));
      }
    }
  }

  @Test
  void sameSeedDrawsTheSame() {
    var one = new Sampler(sampling(1, 0, 0.95, 0, 1, 9), 4);
    var other = new Sampler(sampling(1, 0, 0.95, 0, 1, 9), 4);
    for (int i = 0; i < 200; i++) {
      assertThat(one.sample(LOGITS.clone())).isEqualTo(other.sample(LOGITS.clone()));
    }
  }

  @Test
  void penaltyLowersWhatWasSeenWhateverItsSign() {
    var sampler = new Sampler(sampling(0, 0, 1, 0, 2, 1), 3);
    sampler.see(0);
    sampler.see(0);
    float[] logits = {1.5f, 1, -1};
    assertThat(sampler.sample(logits)).isEqualTo(1);
    assertThat(logits).containsExactly(0.75f, 1, -1);
    sampler.see(2);
    float[] again = {1.5f, 0.1f, -1};
    sampler.sample(again);
    assertThat(again).containsExactly(0.75f, 0.1f, -2);
  }

  @Test
  void logProbIsTheSoftmax() {
    assertThat((double) Sampler.logProb(LOGITS, 3)).isCloseTo(Math.log(0.15), within(1e-6));
  }

  private static Set<Integer> drawn(double temperature, int topK, double topP, double minP) {
    var drawn = new HashSet<Integer>();
    var sampler = new Sampler(sampling(temperature, topK, topP, minP, 1, 3), 4);
    for (int i = 0; i < 2000; i++) {
      drawn.add(sampler.sample(LOGITS.clone()));
    }
    return drawn;
  }

  private static Sampling sampling(
      double temperature, int topK, double topP, double minP, double penalty, long seed) {
    return new Sampling(temperature, topK, topP, minP, penalty, seed, 10, List.of());
  }

  @Test
  void largeVocabularyKeepsExactlyTopK() {
    float[] logits = new float[5000];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.sin(i * 12.9898) * 3;
    }
    float[] sorted = logits.clone();
    Arrays.sort(sorted);
    float least = sorted[sorted.length - 20];
    var sampler = new Sampler(sampling(2, 20, 1, 0, 1, 5), logits.length);
    for (int i = 0; i < 500; i++) {
      assertThat(logits[sampler.sample(logits.clone())]).isGreaterThanOrEqualTo(least);
    }
  }
}

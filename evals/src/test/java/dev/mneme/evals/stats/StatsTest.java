package dev.mneme.evals.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatsTest {
  private static List<Cluster> clusters(double... values) {
    return IntStream.range(0, values.length)
        .mapToObj(i -> new Cluster("q" + i, List.of(values[i])))
        .toList();
  }

  @Test
  void intervalOfAMeanCoversItInAboutNineteenOfTwenty() {
    var random = new Random(3);
    int covered = 0;
    for (int trial = 0; trial < 300; trial++) {
      double[] values = random.doubles(60).map(each -> 1 + 9 * each).toArray();
      covered += ClusterMean.of(clusters(values), trial).interval().contains(5.5) ? 1 : 0;
    }
    assertThat(covered / 300.0).isBetween(0.90, 0.99);
  }

  @Test
  void twinsInAClusterDoNotNarrowTheInterval() {
    var random = new Random(4);
    double[] values = random.doubles(50).toArray();
    List<Cluster> single = clusters(values);
    List<Cluster> twins =
        single.stream()
            .map(
                each -> new Cluster(each.id(), List.of(each.values().get(0), each.values().get(0))))
            .toList();

    assertThat(ClusterMean.of(twins, 1).interval()).isEqualTo(ClusterMean.of(single, 1).interval());
    assertThat(ClusterMean.of(twins, 1).values()).isEqualTo(100);
  }

  @Test
  void sameSeedSameInterval() {
    List<Cluster> values = clusters(1, 2, 3, 4, 5, 6);
    assertThat(ClusterMean.of(values, 9)).isEqualTo(ClusterMean.of(values, 9));
    assertThat(ClusterMean.of(values, 9).interval())
        .isNotEqualTo(ClusterMean.of(values, 10).interval());
  }

  @Test
  void exactPValueIsMcNemars() {
    // Eight wins and one loss among prompts that differ: 2 * (C(9,0) + C(9,1)) / 2^9.
    double[] a = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0};
    double[] b = {1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0};

    PairedTest test = PairedTest.of(clusters(a), clusters(b), 1);

    assertThat(test.pValue()).isCloseTo(2 * 10 / 512.0, within(1e-12));
    assertThat(test.wins()).isEqualTo(8);
    assertThat(test.losses()).isEqualTo(1);
    assertThat(test.ties()).isEqualTo(2);
    assertThat(test.difference()).isCloseTo(7 / 11.0, within(1e-12));
  }

  @Test
  void drawnPValueIsCloseToTheExactOne() {
    var random = new Random(5);
    double[] a = random.doubles(16).toArray();
    double[] b = random.doubles(16).map(each -> each + 0.2).toArray();
    double exact = PairedTest.of(clusters(a), clusters(b), 1).pValue();
    double[] longA = java.util.Arrays.copyOf(a, 17);
    double[] longB = java.util.Arrays.copyOf(b, 17);
    longB[16] = 1e-6;

    assertThat(PairedTest.of(clusters(longA), clusters(longB), 1).pValue())
        .isCloseTo(exact, within(0.02));
  }

  @Test
  void nothingDiffersGivesOne() {
    List<Cluster> values = clusters(3, 1, 4, 1, 5);
    PairedTest test = PairedTest.of(values, values, 1);

    assertThat(test.difference()).isZero();
    assertThat(test.pValue()).isEqualTo(1);
    assertThat(test.interval().low()).isZero();
    assertThat(test.interval().high()).isZero();
  }

  @Test
  void shuffledLabelsAreCalledDifferentInFiveOfAHundred() {
    int called = 0;
    for (int seed = 0; seed < 1_000; seed++) {
      var random = new Random(seed);
      var a = new ArrayList<Cluster>();
      var b = new ArrayList<Cluster>();
      for (int i = 0; i < 80; i++) {
        // Two models that really differ, with the label drawn at random for each prompt.
        double prompt = random.nextGaussian();
        List<Double> one = List.of(5 + prompt + random.nextGaussian(), 4 + prompt);
        List<Double> two = List.of(6 + prompt + random.nextGaussian(), 5 + prompt);
        boolean swap = random.nextBoolean();
        a.add(new Cluster("q" + i, swap ? two : one));
        b.add(new Cluster("q" + i, swap ? one : two));
      }
      called += PairedTest.of(a, b, seed).pValue() < 0.05 ? 1 : 0;
    }
    assertThat(called / 1_000.0).isBetween(0.03, 0.07);
  }

  @Test
  void sidesThatDoNotPairAreRefused() {
    assertThatThrownBy(() -> PairedTest.of(clusters(1, 2), clusters(1), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 and 1");
    assertThatThrownBy(
            () ->
                PairedTest.of(
                    List.of(new Cluster("x", List.of(1.0))),
                    List.of(new Cluster("y", List.of(1.0))),
                    1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("x");
  }

  @Test
  void winsThatLengthExplainsAreTakenAway() {
    var random = new Random(6);
    var games = new ArrayList<LengthControl.Game>();
    for (int i = 0; i < 400; i++) {
      // B writes longer, and the longer reply wins four times out of five whoever wrote it.
      int lengthA = 100 + random.nextInt(100);
      int lengthB = 150 + random.nextInt(100);
      boolean longer = random.nextDouble() < 0.8;
      games.add(new LengthControl.Game((lengthB > lengthA) == longer ? 1 : 0, lengthA, lengthB));
    }
    double raw = games.stream().mapToDouble(LengthControl.Game::outcome).average().orElseThrow();

    assertThat(raw).isGreaterThan(0.68);
    assertThat(LengthControl.winRate(games)).isBetween(0.40, 0.60);
  }

  @Test
  void winsThatLengthDoesNotExplainStay() {
    var random = new Random(8);
    var games = new ArrayList<LengthControl.Game>();
    for (int i = 0; i < 400; i++) {
      games.add(
          new LengthControl.Game(
              random.nextDouble() < 0.75 ? 1 : 0, random.nextInt(200), random.nextInt(200)));
    }
    double raw = games.stream().mapToDouble(LengthControl.Game::outcome).average().orElseThrow();

    assertThat(LengthControl.winRate(games)).isCloseTo(raw, within(0.02));
  }
}

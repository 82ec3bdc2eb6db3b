package dev.mneme.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WeightsTest {
  private final SplittableRandom random = new SplittableRandom(20261122);

  @Test
  void moreRecentNeverWeighsLess() {
    for (int i = 0; i < 1_000; i++) {
      Duration older = Duration.ofSeconds(random.nextLong(0, 1L << 33));
      Duration newer = Duration.ofSeconds(random.nextLong(0, older.toSeconds() + 1));
      Duration halfLife = Duration.ofSeconds(random.nextLong(1, 1L << 28));
      assertThat(Weights.recency(newer, halfLife))
          .isGreaterThanOrEqualTo(Weights.recency(older, halfLife));
    }
  }

  @Test
  void aHalfLifeHalves() {
    assertThat(Weights.recency(Duration.ofDays(30), Duration.ofDays(30))).isEqualTo(0.5);
    assertThat(Weights.recency(Duration.ZERO, Duration.ofDays(30))).isEqualTo(1);
    assertThat(Weights.recency(Duration.ofDays(-1), Duration.ofDays(30))).isEqualTo(1);
  }

  @Test
  void theUnitOfTimeDoesNotMatter() {
    for (int i = 0; i < 1_000; i++) {
      long age = random.nextLong(0, 1_000_000);
      long halfLife = random.nextLong(1, 1_000_000);
      long unit = random.nextLong(1, 100_000);
      assertThat(Weights.recency(Duration.ofSeconds(age), Duration.ofSeconds(halfLife)))
          .isCloseTo(
              Weights.recency(Duration.ofSeconds(age * unit), Duration.ofSeconds(halfLife * unit)),
              within(1e-12));
    }
  }

  @Test
  void moreFrequentNeverWeighsLessAndSaturates() {
    for (int i = 0; i < 1_000; i++) {
      double rho = random.nextDouble();
      double within = random.nextDouble();
      int sessions = random.nextInt(1, 50);
      int expressions = random.nextInt(sessions, 200);
      double before = Weights.frequency(expressions, sessions, rho, within);
      assertThat(Weights.frequency(expressions + 1, sessions, rho, within))
          .isGreaterThanOrEqualTo(before);
      assertThat(Weights.frequency(expressions + 1, sessions + 1, rho, within))
          .isGreaterThanOrEqualTo(before);
      assertThat(before).isLessThanOrEqualTo(1 / (1 - rho) + 1e-9);
    }
    assertThat(Weights.frequency(1, 1, 0.6, 0.25)).isCloseTo(1, within(1e-12));
  }

  @Test
  void aNewSessionCountsMoreThanARepetitionInTheSame() {
    assertThat(Weights.frequency(2, 2, 0.6, 0.25))
        .isGreaterThan(Weights.frequency(2, 1, 0.6, 0.25));
  }

  @Test
  void everyFactorRaisesTheProduct() {
    WeightConfig config = WeightConfig.defaults();
    for (int i = 0; i < 1_000; i++) {
      double f = 1 + random.nextDouble();
      double r = random.nextDouble();
      double in = random.nextDouble();
      double c = random.nextDouble();
      double more = 1 + random.nextDouble();
      double w = Weights.combine(f, r, in, c, config);
      assertThat(Weights.combine(f * more, r, in, c, config)).isGreaterThanOrEqualTo(w);
      assertThat(Weights.combine(f, r * more, in, c, config)).isGreaterThanOrEqualTo(w);
      assertThat(Weights.combine(f, r, in * more, c, config)).isGreaterThanOrEqualTo(w);
      assertThat(Weights.combine(f, r, in, c * more, config)).isGreaterThanOrEqualTo(w);
    }
  }

  @Test
  void aReversalLeavesSharesThatSumToOne() {
    assertThat(Weights.afterReversal(3, 0)).isEqualTo(1);
    assertThat(Weights.afterReversal(3, 1)).isEqualTo(0.75);
    assertThat(Weights.afterReversal(3, 1) + Weights.afterReversal(1, 3)).isEqualTo(1);
  }

  @Test
  void noUserOwnsMoreThanTheirShare() {
    for (int i = 0; i < 500; i++) {
      double share = 0.05 + 0.9 * random.nextDouble();
      int users = random.nextInt(1, 40);
      Map<String, Double> totals = new LinkedHashMap<>();
      for (int u = 0; u < users; u++) {
        totals.put("user" + u, Math.exp(6 * random.nextDouble()));
      }
      Map<String, Double> factors = Weights.capShares(totals, share);
      double sum = 0;
      double largest = 0;
      for (var each : totals.entrySet()) {
        double factor = factors.getOrDefault(each.getKey(), Double.NaN);
        assertThat(factor).isBetween(0.0, 1.0);
        sum += factor * each.getValue();
        largest = Math.max(largest, factor * each.getValue());
      }
      assertThat(largest).isLessThanOrEqualTo(Math.max(share, 1.0 / users) * sum * (1 + 1e-9));
    }
  }

  @Test
  void aCapThatNobodyReachesChangesNothing() {
    assertThat(Weights.capShares(Map.of("a", 1.0, "b", 1.0, "c", 1.0), 0.5))
        .containsOnly(Map.entry("a", 1.0), Map.entry("b", 1.0), Map.entry("c", 1.0));
  }

  @Test
  void nonsenseIsRefusedWithTheValues() {
    assertThatThrownBy(() -> Weights.recency(Duration.ofDays(1), Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT0S");
    assertThatThrownBy(() -> Weights.frequency(1, 2, 0.5, 0.5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 and 2");
    assertThatThrownBy(() -> Weights.capShares(Map.of(), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

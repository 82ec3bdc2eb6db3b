package dev.mneme.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PercentileTest {
  @Test
  void isTheSmallestValueThatTheShareDoesNotExceed() {
    double[] hundred = IntStream.rangeClosed(1, 100).asDoubleStream().toArray();
    assertThat(Percentile.nearestRank(hundred, 0)).isEqualTo(1);
    assertThat(Percentile.nearestRank(hundred, 0.5)).isEqualTo(50);
    assertThat(Percentile.nearestRank(hundred, 0.99)).isEqualTo(99);
    assertThat(Percentile.nearestRank(hundred, 1)).isEqualTo(100);
    assertThat(Percentile.nearestRank(new double[] {7}, 0.99)).isEqualTo(7);
    assertThat(Percentile.nearestRank(new double[] {1, 2, 3}, 0.5)).isEqualTo(2);
  }

  @Test
  void ofNothingThereIsNone() {
    assertThatThrownBy(() -> Percentile.nearestRank(new double[0], 0.5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least one value");
    assertThatThrownBy(() -> Percentile.nearestRank(new double[] {1}, 50))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("50");
  }
}

package dev.mneme.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

final class VecTest {

  @Test
  void expAgreesWithTheLibraryOverItsWholeRange() {
    for (float x = -87f; x < 88f; x += 0.0137f) {
      float got = Vec.exp(FloatVector.broadcast(Vec.F, x)).lane(0);
      double want = Math.exp(x);
      assertThat((got - want) / want).isCloseTo(0, within(3e-7));
    }
    assertThat(Vec.exp(FloatVector.broadcast(Vec.F, -1e30f)).lane(0)).isLessThan(2e-38f);
    assertThat(Vec.exp(FloatVector.broadcast(Vec.F, Float.NaN)).lane(0)).isNaN();
  }

  @Test
  void sumAddsEveryLaneOnce() {
    float[] lanes = new float[Vec.LANES];
    float want = 0;
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = i + 1;
      want += i + 1;
    }
    assertThat(Vec.sum(FloatVector.fromArray(Vec.F, lanes, 0))).isEqualTo(want);
  }
}

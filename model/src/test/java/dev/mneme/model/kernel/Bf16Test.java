package dev.mneme.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class Bf16Test {

  @Test
  void roundingIsToNearestTiesToEven() {
    assertThat(Bf16.toFloat(Bf16.fromFloat(1f))).isEqualTo(1f);
    // 1 + 2^-8 lies half-way between 1 and 1 + 2^-7; the even neighbour is 1.
    assertThat(Bf16.toFloat(Bf16.fromFloat(1f + 1f / 256))).isEqualTo(1f);
    // 1 + 3 * 2^-8 lies half-way too; the even neighbour is 1 + 2^-6.
    assertThat(Bf16.toFloat(Bf16.fromFloat(1f + 3f / 256))).isEqualTo(1f + 1f / 64);
    assertThat(Bf16.toFloat(Bf16.fromFloat(Float.NaN))).isNaN();
    assertThat(Bf16.toFloat(Bf16.fromFloat(Float.NEGATIVE_INFINITY)))
        .isEqualTo(Float.NEGATIVE_INFINITY);
  }

  @Test
  void vectorsConvertAsScalarsDo() {
    SplittableRandom random = new SplittableRandom(3);
    for (int n : new int[] {0, 1, 15, 16, 17, 100}) {
      try (TensorScope scope = new TensorScope()) {
        Tensor f32 = scope.zeros(DType.F32, n);
        for (int i = 0; i < n; i++) {
          f32.set(i, (float) Math.scalb(random.nextDouble(-1, 1), random.nextInt(-60, 60)));
        }
        Tensor bf16 = scope.zeros(DType.BF16, n + 1);
        Bf16.convert(f32, 0, bf16, 0, n);
        Tensor back = scope.zeros(DType.F32, n);
        Bf16.convert(bf16, 0, back, 0, n);
        for (int i = 0; i < n; i++) {
          assertThat(back.get(i)).isEqualTo(Bf16.toFloat(Bf16.fromFloat(f32.get(i))));
        }
        assertThat(bf16.get(n)).as("nothing is written behind the end").isZero();
      }
    }
  }
}

package dev.mneme.model.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.model.kernel.Vec;
import dev.mneme.model.tensor.TensorScope;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PackedMatrixTest {
  private static final int MOST = 9;

  private static Stream<Arguments> kinds() {
    return Stream.of(
        Arguments.of(Precision.F32, false, 1e-5),
        Arguments.of(Precision.BF16, true, 0.05),
        Arguments.of(Precision.BF16, false, 1e-3),
        Arguments.of(Precision.INT8, false, 0.1));
  }

  /** Every number of panels and vectors takes other loops; all must give what one vector gives. */
  @ParameterizedTest
  @MethodSource("kinds")
  void aVectorsProductHasTheSameBitsInAnyCompany(
      Precision precision, boolean bf16File, double tolerance) {
    SplittableRandom random = new SplittableRandom(1);
    for (int panels : new int[] {1, 2, 3, 4, 5, 7}) {
      for (int k : new int[] {1, 6, 33}) {
        int rows = panels * Vec.LANES;
        float[] w = floats(random, rows * k);
        int stride = k + 1;
        float[] in = floats(random, MOST * stride + Vec.LANES);
        int[] xs = IntStream.range(0, MOST).map(i -> i * stride).toArray();
        int[] ys = IntStream.range(0, MOST).map(i -> (MOST - 1 - i) * rows).toArray();
        try (TensorScope scope = new TensorScope()) {
          PackedMatrix matrix =
              new PackedMatrix(scope, precision, bf16File, rows, k).add(w, 0, rows, k);
          float[] alone = new float[MOST * rows];
          for (int i = 0; i < MOST; i++) {
            matrix.multiply(0, panels, in, xs[i], alone, ys[i]);
          }
          assertThat(alone[ys[2] + rows - 1])
              .isCloseTo(dot(w, (rows - 1) * k, in, xs[2], k), within((float) tolerance * 3));
          for (int n = 1; n <= MOST; n++) {
            float[] together = new float[MOST * rows];
            Arrays.fill(together, Float.NaN);
            matrix.multiply(0, panels, n, in, xs, together, ys, 0);
            for (int i = 0; i < MOST; i++) {
              float[] expected = new float[rows];
              Arrays.fill(expected, Float.NaN);
              if (i < n) {
                System.arraycopy(alone, ys[i], expected, 0, rows);
              }
              assertThat(Arrays.copyOfRange(together, ys[i], ys[i] + rows))
                  .as("%d panels, %d columns, vector %d of %d", panels, k, i, n)
                  .isEqualTo(expected);
            }
          }
        }
      }
    }
  }

  private static float[] floats(SplittableRandom random, int n) {
    float[] out = new float[n];
    for (int i = 0; i < n; i++) {
      out[i] = (float) random.nextGaussian();
    }
    return out;
  }

  private static float dot(float[] a, int from, float[] b, int at, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += (double) a[from + i] * b[at + i];
    }
    return (float) sum;
  }
}

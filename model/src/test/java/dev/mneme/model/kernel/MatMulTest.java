package dev.mneme.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mneme.model.kernel.MatMul.Op;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products against a naive double loop, for every library that loads here. */
final class MatMulTest {

  static Stream<MatMul> libraries() {
    return Stream.of(MatMul.best(), MatMul.blas());
  }

  private static Tensor random(TensorScope scope, DType type, SplittableRandom random, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return scope.of(type, values, n);
  }

  private static double at(Mat m, Op op, int r, int c) {
    return op == Op.N
        ? m.tensor().get(m.offset() + (long) r * m.stride() + c)
        : m.tensor().get(m.offset() + (long) c * m.stride() + r);
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void everyTransposeStrideAndAccumulationAgreesWithDoubleLoops(MatMul matMul) {
    SplittableRandom random = new SplittableRandom(11);
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      if (!matMul.supports(type)) {
        continue;
      }
      for (Op opA : Op.values()) {
        for (Op opB : Op.values()) {
          for (int[] s :
              new int[][] {{1, 1, 1}, {3, 5, 7}, {17, 33, 40}, {64, 48, 96}, {1, 70, 31}}) {
            check(matMul, type, opA, opB, s[0], s[1], s[2], random);
          }
        }
      }
    }
  }

  private static void check(
      MatMul matMul, DType type, Op opA, Op opB, int m, int n, int k, SplittableRandom random) {
    try (TensorScope scope = new TensorScope()) {
      int gap = 3;
      Tensor ta = random(scope, type, random, (m + k + gap) * (m + k + gap));
      Tensor tb = random(scope, type, random, (n + k + gap) * (n + k + gap));
      Tensor tc = random(scope, DType.F32, random, m * (n + gap) + 1);
      Mat a = opA == Op.N ? new Mat(ta, 2, m, k, k + gap) : new Mat(ta, 2, k, m, m + gap);
      Mat b = opB == Op.N ? new Mat(tb, 1, k, n, n + gap) : new Mat(tb, 1, n, k, k + gap);
      Mat c = new Mat(tc, 1, m, n, n + gap - 1);
      float[] before = tc.toFloats();
      boolean add = (m + n) % 2 == 0;
      matMul.multiply(a, opA, b, opB, c, add);
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double want = add ? before[1 + i * c.stride() + j] : 0;
          for (int p = 0; p < k; p++) {
            want += at(a, opA, i, p) * at(b, opB, p, j);
          }
          assertThat((double) tc.get(c.offset() + (long) i * c.stride() + j))
              .as("%s %s %s%s %dx%dx%d", matMul.name(), type, opA, opB, m, n, k)
              .isCloseTo(want, within(1e-4));
        }
      }
    }
  }

  @Test
  void productsSplitOverThreadsEqualTheWhole() {
    try (TensorScope scope = new TensorScope();
        Compute compute = Compute.best(2)) {
      SplittableRandom random = new SplittableRandom(5);
      Tensor a = random(scope, DType.F32, random, 1000 * 24);
      Tensor b = random(scope, DType.F32, random, 40 * 24);
      Mat left = Mat.of(a, 1000, 24);
      Mat right = Mat.of(b, 40, 24);
      Tensor split = scope.zeros(DType.F32, 1000, 40);
      Tensor whole = scope.zeros(DType.F32, 1000, 40);
      compute.linear(left, right, Mat.of(split));
      compute.matMul().multiply(left, Op.N, right, Op.T, Mat.of(whole));
      assertThat(split.toFloats()).containsExactly(whole.toFloats(), within(1e-5f));

      Tensor gram = scope.zeros(DType.F32, 24, 24);
      compute.multiply(left, Op.T, left, Op.N, Mat.of(gram), false);
      assertThat(gram.get(5 * 24 + 9)).isCloseTo(gram.get(9 * 24 + 5), within(1e-3f));
    }
  }

  @Test
  void shapesThatDoNotFitAreNamed() {
    try (TensorScope scope = new TensorScope()) {
      Mat a = Mat.of(scope.zeros(DType.F32, 2, 3));
      Mat b = Mat.of(scope.zeros(DType.F32, 4, 5));
      assertThatThrownBy(() -> MatMul.best().multiply(a, Op.N, b, Op.N, a))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("F32[2, 3]")
          .hasMessageContaining("F32[4, 5]");
      assertThatThrownBy(() -> new Mat(a.tensor(), 1, 2, 3, 3))
          .hasMessageContaining("does not fit");
    }
  }

  @Test
  void oneDnnLoadsOnThisPlatform() {
    assumeTrue(System.getProperty("os.arch").equals("amd64"), "oneDNN is shipped for x86-64");
    assertThat(MatMul.best().name()).startsWith("oneDNN");
    assertThat(MatMul.best().isa()).isNotEmpty();
    assertThat(MatMul.best().supports(DType.F32)).isTrue();
    assertThat(MatMul.best().supports(DType.BF16) || !MatMul.best().hasNativeBf16()).isTrue();
    assertThat(MatMul.blas().hasNativeBf16()).isFalse();
  }
}

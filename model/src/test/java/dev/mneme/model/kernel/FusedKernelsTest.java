package dev.mneme.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.model.Moe;
import dev.mneme.model.TopPredictions;
import dev.mneme.model.kernel.MatMul.Op;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import dev.mneme.model.tensor.Workspace;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every fused kernel against plain loops in double precision, at widths with and without tails. */
final class FusedKernelsTest {
  private final TensorScope scope = new TensorScope();
  private final SplittableRandom random = new SplittableRandom(23);

  @AfterEach
  void free() {
    scope.close();
  }

  private Tensor random(long... shape) {
    Tensor tensor = scope.zeros(DType.F32, shape);
    for (long i = 0; i < tensor.size(); i++) {
      tensor.set(i, (float) random.nextGaussian());
    }
    return tensor;
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 16, 24, 64, 100})
  void rmsNormFollowsItsFormulaAndItsGradientFollowsDifferences(int width) {
    int rows = 5;
    float eps = 1e-5f;
    Tensor x = random(rows, width);
    Tensor w = random(width);
    Tensor y = scope.zeros(DType.F32, rows, width);
    Tensor inv = scope.zeros(DType.F32, rows);
    RmsNorm.forward(Rows.of(x), w, Rows.of(y), inv, width, eps, 0, rows);
    for (int r = 0; r < rows; r++) {
      double sum = 0;
      for (int i = 0; i < width; i++) {
        sum += Math.pow(x.get((long) r * width + i), 2);
      }
      for (int i = 0; i < width; i++) {
        int at = r * width + i;
        assertThat((double) y.get(at))
            .isCloseTo(x.get(at) / Math.sqrt(sum / width + eps) * w.get(i), within(1e-5));
      }
    }
    Tensor dy = random(rows, width);
    Tensor dx = scope.zeros(DType.F32, rows, width);
    Tensor dw = scope.zeros(DType.F32, width);
    RmsNorm.backward(Rows.of(x), w, inv, Rows.of(dy), Rows.of(dx), dw, width, false, 0, rows);
    Runnable forward = () -> RmsNorm.forward(Rows.of(x), w, Rows.of(y), inv, width, eps, 0, rows);
    checkGradient(x, dx, y, dy, forward);
    checkGradient(w, dw, y, dy, forward);

    Tensor twice = scope.zeros(DType.F32, rows, width);
    twice.copyFrom(dx);
    RmsNorm.forward(Rows.of(x), w, Rows.of(y), inv, width, eps, 0, rows);
    RmsNorm.backward(Rows.of(x), w, inv, Rows.of(dy), Rows.of(twice), dw, width, true, 0, rows);
    assertThat(twice.get(3)).isCloseTo(2 * dx.get(3), within(1e-5f));
  }

  /** sum(y dy) by central differences at a few places of {@code at}. */
  private void checkGradient(Tensor at, Tensor gradient, Tensor y, Tensor dy, Runnable forward) {
    for (int n = 0; n < 12; n++) {
      long i = random.nextLong(at.size());
      float before = at.get(i);
      double[] sums = new double[2];
      for (int side = 0; side < 2; side++) {
        at.set(i, before + (side == 0 ? -1e-2f : 1e-2f));
        forward.run();
        for (long k = 0; k < y.size(); k++) {
          sums[side] += (double) y.get(k) * dy.get(k);
        }
      }
      at.set(i, before);
      double want = (sums[1] - sums[0]) / 2e-2;
      assertThat((double) gradient.get(i)).isCloseTo(want, within(2e-2 * (1 + Math.abs(want))));
    }
    forward.run();
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 16, 40, 224})
  void swiGluFollowsItsFormulaAndItsGradientFollowsDifferences(int width) {
    int rows = 3;
    Tensor gu = random(rows, 2L * width);
    Tensor a = scope.zeros(DType.F32, rows, width);
    SwiGlu.forward(gu, a, width, 0, rows);
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < width; i++) {
        double g = gu.get(2L * r * width + i);
        double u = gu.get((2L * r + 1) * width + i);
        assertThat((double) a.get((long) r * width + i))
            .isCloseTo(g / (1 + Math.exp(-g)) * u, within(1e-5));
      }
    }
    Tensor da = random(rows, width);
    Tensor dgu = scope.zeros(DType.F32, rows, 2L * width);
    Tensor again = scope.zeros(DType.F32, rows, width);
    SwiGlu.backward(gu, da, dgu, again, null, null, width, 0, rows);
    assertThat(again.toFloats()).containsExactly(a.toFloats(), within(1e-6f));
    checkGradient(gu, dgu, a, da, () -> SwiGlu.forward(gu, a, width, 0, rows));

    Tensor weight = random(rows);
    Tensor dWeight = scope.zeros(DType.F32, rows);
    Tensor scaled = scope.zeros(DType.F32, rows, 2L * width);
    SwiGlu.backward(gu, da, scaled, again, weight, dWeight, width, 0, rows);
    for (int r = 0; r < rows; r++) {
      double dot = 0;
      for (int i = 0; i < width; i++) {
        dot += (double) a.get((long) r * width + i) * da.get((long) r * width + i);
      }
      assertThat((double) dWeight.get(r)).isCloseTo(dot, within(1e-3));
      assertThat(scaled.get(2L * r * width))
          .isCloseTo(weight.get(r) * dgu.get(2L * r * width), within(1e-4f));
      assertThat(again.get((long) r * width))
          .isCloseTo(weight.get(r) * a.get((long) r * width), within(1e-4f));
    }
  }

  @ParameterizedTest
  @EnumSource(RotaryTable.Layout.class)
  void rotationTurnsEachPairByItsAngleAndBack(RotaryTable.Layout layout) {
    for (int dim : new int[] {4, 8, 32, 64, 48}) {
      int pairs = dim / 2;
      float[] cos = new float[3 * pairs];
      float[] sin = new float[3 * pairs];
      for (int i = 0; i < cos.length; i++) {
        cos[i] = (float) Math.cos(0.1 * i);
        sin[i] = (float) Math.sin(0.1 * i);
      }
      RotaryTable table = new RotaryTable(scope, layout, dim, cos, sin);
      Tensor x = random(dim);
      Tensor y = scope.zeros(DType.F32, dim);
      Tensor back = scope.zeros(DType.F32, dim);
      table.rotate(2, x.segment(), 0, false, y.segment(), 0, false);
      table.rotate(2, y.segment(), 0, false, back.segment(), 0, true);
      for (int i = 0; i < pairs; i++) {
        int a = layout == RotaryTable.Layout.INTERLEAVED ? 2 * i : i;
        int b = layout == RotaryTable.Layout.INTERLEAVED ? 2 * i + 1 : i + pairs;
        double angle = 0.1 * (2 * pairs + i);
        assertThat((double) y.get(a))
            .isCloseTo(x.get(a) * Math.cos(angle) - x.get(b) * Math.sin(angle), within(1e-5));
        assertThat((double) y.get(b))
            .isCloseTo(x.get(b) * Math.cos(angle) + x.get(a) * Math.sin(angle), within(1e-5));
        assertThat(back.get(a)).isCloseTo(x.get(a), within(1e-5f));
      }
    }
  }

  @Test
  void attentionIsTheSoftmaxOverEarlierKeysOfItsOwnSegment() {
    int heads = 4;
    int groups = 2;
    int d = 8;
    int v = 12;
    int[] starts = {0, 3, 80, 81};
    int t = 81;
    Tensor q = random(t, heads, d);
    Tensor k = random(t, groups, d);
    Tensor value = random(t, groups, v);
    Tensor o = scope.zeros(DType.F32, t, heads, v);
    Tensor lse = scope.zeros(DType.F32, heads, t);
    try (Compute compute = Compute.best(2);
        Workspace workspace = new Workspace()) {
      new CausalAttention(compute, DType.F32, heads, groups, d, v, 0.3f)
          .forward(q, k, value, starts, o, lse, new float[heads], workspace);
    }
    for (int i : new int[] {0, 2, 3, 40, 79, 80}) {
      int start = i < 3 ? 0 : i < 80 ? 3 : 80;
      for (int h = 0; h < heads; h++) {
        int g = h / 2;
        double[] p = new double[i - start + 1];
        double sum = 0;
        for (int j = start; j <= i; j++) {
          double dot = 0;
          for (int c = 0; c < d; c++) {
            dot +=
                (double) q.get(((long) i * heads + h) * d + c)
                    * k.get(((long) j * groups + g) * d + c);
          }
          p[j - start] = Math.exp(0.3 * dot);
          sum += p[j - start];
        }
        for (int c = 0; c < v; c++) {
          double want = 0;
          for (int j = start; j <= i; j++) {
            want += p[j - start] / sum * value.get(((long) j * groups + g) * v + c);
          }
          assertThat((double) o.get(((long) i * heads + h) * v + c)).isCloseTo(want, within(1e-5));
        }
        assertThat((double) lse.get((long) h * t + i)).isCloseTo(Math.log(sum), within(1e-4));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 16, 320, 333})
  void lossAndItsGradientAreThoseOfSoftmax(int width) {
    Tensor logits = random(2, width);
    Tensor out = scope.zeros(DType.F32, 2, width);
    double sum = 0;
    for (int i = 0; i < width; i++) {
      sum += Math.exp(logits.get(width + i));
    }
    float lse = SoftmaxLoss.logSumExp(logits.segment(), width, width);
    assertThat((double) lse).isCloseTo(Math.log(sum), within(1e-5));
    SoftmaxLoss.gradient(logits.segment(), width, lse, 3, -0.5f, out, width);
    for (int i = 0; i < width; i++) {
      double p = Math.exp(logits.get(width + i)) / sum;
      assertThat((double) out.get(width + i))
          .isCloseTo(-0.5 * ((i == 3 ? 1 : 0) - p), within(1e-6));
    }
    assertThat(out.get(0)).as("the other row is left alone").isZero();
  }

  @Test
  void theLikeliestTokensOfARowComeInOrderAndOfEqualOnesTheLowerIdFirst() {
    int width = 333;
    Tensor logits = random(2, width);
    logits.set(width + 40, 9);
    logits.set(width + 30, 9);
    logits.set(width + 332, 10);
    float lse = SoftmaxLoss.logSumExp(logits.segment(), width, width);
    int k = TopPredictions.K;
    int[] tokens = new int[3 * k];
    float[] probabilities = new float[3 * k];
    SoftmaxLoss.top(logits.segment(), width, lse, width, tokens, probabilities, k);
    assertThat(Arrays.copyOfRange(tokens, k, k + 3)).containsExactly(332, 30, 40);
    Set<Integer> kept = new HashSet<>();
    for (int i = k; i < 2 * k; i++) {
      kept.add(tokens[i]);
      assertThat((double) probabilities[i])
          .isCloseTo(Math.exp(logits.get(width + tokens[i]) - lse), within(1e-6));
    }
    assertThat(kept).hasSize(k);
    float least = logits.get(width + tokens[2 * k - 1]);
    for (int i = 0; i < width; i++) {
      assertThat(kept.contains(i) || logits.get(width + i) <= least).isTrue();
    }
    assertThat(tokens[0] + tokens[2 * k]).as("other rows are left alone").isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {17, 48, 333})
  void theGradientTowardsPredictionsIsThatOfTheirDivergence(int width) {
    Tensor logits = random(2, width);
    TopPredictions q = predictions(random(1, width), width);
    Tensor out = scope.zeros(DType.F32, 2, width);
    double divergence = towards(logits, width, q, -0.5f, out);
    assertThat(divergence).isPositive();
    Tensor unused = scope.zeros(DType.F32, 2, width);
    for (int i = 0; i < width; i++) {
      float logit = logits.get(width + i);
      logits.set(width + i, logit + 0.01f);
      double above = towards(logits, width, q, 1, unused);
      logits.set(width + i, logit - 0.01f);
      double below = towards(logits, width, q, 1, unused);
      logits.set(width + i, logit);
      assertThat((double) out.get(width + i)).isCloseTo(0.5 * (above - below) / 0.02, within(2e-4));
    }
    assertThat(out.get(0)).as("the other row is left alone").isZero();
  }

  @Test
  void fromOnesOwnPredictionsThereIsNoDivergenceAndNoGradient() {
    int width = 333;
    Tensor logits = random(1, width);
    Tensor out = scope.zeros(DType.F32, 1, width);
    float lse = SoftmaxLoss.logSumExp(logits.segment(), 0, width);
    double divergence =
        SoftmaxLoss.gradientTowards(
            logits.segment(), 0, lse, predictions(logits, width), 0, -1, out, width);
    assertThat(divergence).isCloseTo(0, within(1e-6));
    for (int i = 0; i < width; i++) {
      assertThat((double) out.get(i)).isCloseTo(0, within(1e-7));
    }
  }

  private static TopPredictions predictions(Tensor logits, int width) {
    float lse = SoftmaxLoss.logSumExp(logits.segment(), 0, width);
    int[] tokens = new int[TopPredictions.K];
    float[] probabilities = new float[TopPredictions.K];
    SoftmaxLoss.top(logits.segment(), 0, lse, width, tokens, probabilities, 0);
    return TopPredictions.of(tokens, probabilities);
  }

  /** Of the second row. */
  private static double towards(
      Tensor logits, int width, TopPredictions q, float factor, Tensor out) {
    float lse = SoftmaxLoss.logSumExp(logits.segment(), width, width);
    return SoftmaxLoss.gradientTowards(logits.segment(), width, lse, q, 0, factor, out, width);
  }

  @Test
  void adamWTakesTheStepOfThePaper() {
    int n = 37;
    Tensor w = random(n);
    Tensor g = random(n);
    Tensor m = random(n);
    Tensor v = scope.zeros(DType.F32, n);
    for (int i = 0; i < n; i++) {
      v.set(i, 0.1f + i);
    }
    Tensor rounded = scope.zeros(DType.BF16, n);
    float[] w0 = w.toFloats();
    float[] g0 = g.toFloats();
    float[] m0 = m.toFloats();
    float[] v0 = v.toFloats();
    AdamW.Step step = AdamW.Step.of(0.01, 0.9, 0.95, 1e-8, 0.5, 3);
    AdamW.update(
        w.segment(), g.segment(), m.segment(), rounded.segment(), 0, v.segment(), 0, n, step, 0.1f);
    for (int i = 0; i < n; i++) {
      double grad = 0.5 * g0[i];
      double first = 0.9 * m0[i] + 0.1 * grad;
      double second = 0.95 * v0[i] + 0.05 * grad * grad;
      double unbiased1 = first / (1 - Math.pow(0.9, 3));
      double unbiased2 = second / (1 - Math.pow(0.95, 3));
      double want = w0[i] * (1 - 0.01 * 0.1) - 0.01 * unbiased1 / (Math.sqrt(unbiased2) + 1e-8);
      assertThat((double) w.get(i)).isCloseTo(want, within(1e-6));
      assertThat(rounded.get(i)).isEqualTo(Bf16.toFloat(Bf16.fromFloat(w.get(i))));
      assertThat(g.get(i)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"24x24", "24x40", "40x24", "16x160"})
  void muonMakesEverySingularValueAboutOne(String size) {
    int rows = Integer.parseInt(size.split("x", -1)[0]);
    int cols = Integer.parseInt(size.split("x", -1)[1]);
    Tensor g = random(rows, cols);
    Tensor m = scope.zeros(DType.F32, rows, cols);
    float[] before = g.toFloats();
    try (Workspace workspace = new Workspace()) {
      Muon muon = new Muon(MatMul.best(), DType.F32, workspace, rows * cols, Math.min(rows, cols));
      Tensor u = scope.zeros(DType.F32, rows, cols);
      java.lang.foreign.MemorySegment.copy(
          muon.direction(g.segment(), m.segment(), 0, rows, cols, 0.95f, 1f),
          0,
          u.segment(),
          0,
          4L * rows * cols);
      boolean wide = rows <= cols;
      int side = Math.min(rows, cols);
      Tensor gram = scope.zeros(DType.F32, side, side);
      MatMul.best()
          .multiply(Mat.of(u), wide ? Op.N : Op.T, Mat.of(u), wide ? Op.T : Op.N, Mat.of(gram));
      double trace = 0;
      for (int i = 0; i < side; i++) {
        trace += gram.get((long) i * side + i);
      }
      // Squared singular values lie in about [0.5, 1.45]; a few of a square matrix stay small.
      assertThat(trace / side).isBetween(0.6, 1.3);
    }
    assertThat(m.get(5)).isCloseTo(0.05f * before[5], within(1e-6f));
    assertThat(g.get(5)).isZero();
  }

  private static Moe moe(Moe.Scoring scoring, int groups, int top, boolean normalise) {
    return new Moe(
        8, 2, 1, 4, groups, top, scoring, scoring == Moe.Scoring.SIGMOID, normalise, 2.5, 0);
  }

  @Test
  void selectionSeesTheBiasAndWeightsDoNot() {
    float[] scores = {0, 1, 2, 3, -1, -2, -3, 0.5f};
    float[] bias = {0, 0, 0, 0, 5, 0, 0, 0};
    int[] chosen = new int[2];
    float[] weights = new float[2];
    new Router(moe(Moe.Scoring.SIGMOID, 1, 1, true))
        .route(scores, bias, chosen, weights, 0, new float[8]);
    assertThat(chosen).containsExactly(4, 3);
    double s4 = 1 / (1 + Math.exp(1));
    double s3 = 1 / (1 + Math.exp(-3));
    assertThat((double) weights[0]).isCloseTo(2.5 * s4 / (s3 + s4), within(1e-6));
    assertThat((double) weights[1]).isCloseTo(2.5 * s3 / (s3 + s4), within(1e-6));
  }

  @Test
  void groupsAreLimitedByTheSumOfTheirTwoBest() {
    // Group {0,1} holds the single best expert, group {2,3} the best pair.
    float[] scores = {4, -9, 2, 2, -9, -9, -9, -9};
    int[] chosen = new int[2];
    float[] weights = new float[2];
    new Router(moe(Moe.Scoring.SIGMOID, 4, 1, true))
        .route(scores.clone(), null, chosen, weights, 0, new float[8]);
    assertThat(chosen).containsExactly(2, 3);
    new Router(moe(Moe.Scoring.SOFTMAX, 4, 1, false))
        .route(scores.clone(), null, chosen, weights, 0, new float[8]);
    assertThat(chosen).as("softmax looks at the best alone").containsExactly(0, 1);
  }

  @ParameterizedTest
  @EnumSource(Moe.Scoring.class)
  void routerGradientFollowsDifferences(Moe.Scoring scoring) {
    for (boolean normalise : new boolean[] {true, false}) {
      Router router = new Router(moe(scoring, 1, 1, normalise));
      float[] logits = new float[8];
      for (int e = 0; e < 8; e++) {
        logits[e] = (float) random.nextGaussian();
      }
      float[] scores = logits.clone();
      int[] chosen = new int[2];
      float[] weights = new float[2];
      router.route(scores, null, chosen, weights, 0, new float[8]);
      float[] dWeights = {0.7f, -1.3f};
      float[] got = new float[8];
      router.backward(scores, chosen, dWeights, 0, null, 0, got);
      for (int e = 0; e < 8; e++) {
        double[] sums = new double[2];
        for (int side = 0; side < 2; side++) {
          float[] moved = logits.clone();
          moved[e] += side == 0 ? -1e-3f : 1e-3f;
          int[] same = new int[2];
          float[] w = new float[2];
          router.route(moved, null, same, w, 0, new float[8]);
          assertThat(same).isEqualTo(chosen);
          sums[side] = w[0] * dWeights[0] + w[1] * dWeights[1];
        }
        assertThat((double) got[e]).isCloseTo((sums[1] - sums[0]) / 2e-3, within(3e-3));
      }
      assertThat(Arrays.stream(chosen).distinct().count()).isEqualTo(2);
    }
  }
}

package dev.mneme.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.model.kernel.MatMul.Op;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A norm and a SwiGLU feed-forward layer, forward and backward, against ND4J's automatic
 * differentiation: an implementation that shares nothing with ours but the arrays.
 */
final class SameDiffTest {

  @Test
  void normAndFeedForwardHaveTheGradientsOfAutomaticDifferentiation() {
    int rows = 6;
    int hidden = 24;
    int width = 40;
    float eps = 1e-6f;
    SplittableRandom random = new SplittableRandom(31);
    try (TensorScope scope = new TensorScope();
        Compute compute = Compute.best(1)) {
      Tensor x = gaussian(scope, random, rows, hidden);
      Tensor norm = gaussian(scope, random, 1, hidden);
      Tensor gateUp = gaussian(scope, random, 2 * width, hidden);
      Tensor down = gaussian(scope, random, hidden, width);
      Tensor dy = gaussian(scope, random, rows, hidden);

      SameDiff sd = SameDiff.create();
      SDVariable sx = sd.var("x", copy(x));
      SDVariable sn = sd.var("norm", copy(norm));
      SDVariable sg = sd.var("gate", copy(gateUp.sliceRows(0, width)));
      SDVariable su = sd.var("up", copy(gateUp.sliceRows(width, 2 * width)));
      SDVariable sw = sd.var("down", copy(down));
      SDVariable root = sd.math().sqrt(sx.mul(sx).mean(true, 1).add(eps));
      SDVariable h = sx.div(root).mul(sn);
      SDVariable g = h.mmul(sd.transpose(sg));
      SDVariable act = g.mul(sd.nn().sigmoid(g)).mul(h.mmul(sd.transpose(su)));
      SDVariable y = act.mmul(sd.transpose(sw)).rename("y");
      y.mul(sd.constant(copy(dy))).sum().rename("loss");
      sd.setLossVariables("loss");
      Map<String, INDArray> want =
          sd.calculateGradients(Map.of(), "x", "norm", "gate", "up", "down");

      Tensor h1 = scope.zeros(DType.F32, rows, hidden);
      Tensor inv = scope.zeros(DType.F32, rows);
      RmsNorm.forward(Rows.of(x), norm, Rows.of(h1), inv, hidden, eps, 0, rows);
      Tensor gu = scope.zeros(DType.F32, rows, 2L * width);
      compute.linear(Mat.of(h1), Mat.of(gateUp), Mat.of(gu));
      Tensor a = scope.zeros(DType.F32, rows, width);
      SwiGlu.forward(gu, a, width, 0, rows);
      Tensor out = scope.zeros(DType.F32, rows, hidden);
      compute.linear(Mat.of(a), Mat.of(down), Mat.of(out));
      same(out, sd.output(Map.of(), "y").get("y"));

      Tensor dDown = scope.zeros(DType.F32, hidden, width);
      compute.multiply(Mat.of(dy), Op.T, Mat.of(a), Op.N, Mat.of(dDown), false);
      Tensor da = scope.zeros(DType.F32, rows, width);
      compute.multiply(Mat.of(dy), Op.N, Mat.of(down), Op.N, Mat.of(da), false);
      Tensor dgu = scope.zeros(DType.F32, rows, 2L * width);
      SwiGlu.backward(gu, da, dgu, a, null, null, width, 0, rows);
      Tensor dGateUp = scope.zeros(DType.F32, 2 * width, hidden);
      compute.multiply(Mat.of(dgu), Op.T, Mat.of(h1), Op.N, Mat.of(dGateUp), false);
      Tensor dh = scope.zeros(DType.F32, rows, hidden);
      compute.multiply(Mat.of(dgu), Op.N, Mat.of(gateUp), Op.N, Mat.of(dh), false);
      Tensor dx = scope.zeros(DType.F32, rows, hidden);
      Tensor dNorm = scope.zeros(DType.F32, 1, hidden);
      RmsNorm.backward(
          Rows.of(x), norm, inv, Rows.of(dh), Rows.of(dx), dNorm, hidden, false, 0, rows);
      same(dDown, want.get("down"));
      same(dGateUp.sliceRows(0, width), want.get("gate"));
      same(dGateUp.sliceRows(width, 2 * width), want.get("up"));
      same(dNorm, want.get("norm"));
      same(dx, want.get("x"));
    }
  }

  private static Tensor gaussian(TensorScope scope, SplittableRandom random, int rows, int cols) {
    Tensor tensor = scope.zeros(DType.F32, rows, cols);
    for (long i = 0; i < tensor.size(); i++) {
      tensor.set(i, (float) (0.5 * random.nextGaussian()));
    }
    return tensor;
  }

  private static INDArray copy(Tensor tensor) {
    return Nd4j.createFromArray(tensor.toFloats())
        .castTo(DataType.FLOAT)
        .reshape(tensor.rows(), tensor.cols());
  }

  private static void same(Tensor got, @Nullable INDArray array) {
    INDArray want = Objects.requireNonNull(array, "automatic differentiation gave no array");
    float[] expected = want.dup('c').data().asFloat();
    float[] actual = got.toFloats();
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(1e-3f * (1 + Math.abs(expected[i]))));
    }
  }
}

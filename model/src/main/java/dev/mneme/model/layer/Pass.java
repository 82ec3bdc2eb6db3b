package dev.mneme.model.layer;

import dev.mneme.model.kernel.Bf16;
import dev.mneme.model.kernel.Compute;
import dev.mneme.model.kernel.Mat;
import dev.mneme.model.kernel.MatMul.Op;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.Workspace;

/**
 * What one pass over a packed batch works with: the machine, memory for temporaries, and where the
 * segments begin.
 *
 * @param starts first position of each segment, and the total
 * @param products type of the inputs of products
 * @param balance derivative of the objective by the sequence-wise balance loss, 0 without
 */
// The array of segment starts is shared by one pass and never written.
@SuppressWarnings("ArrayRecordComponent")
record Pass(
    Compute compute,
    Workspace workspace,
    Profile profile,
    DType products,
    int[] starts,
    float balance) {
  /** Rows that one task of an elementwise loop handles. */
  static final int GRAIN = 128;

  /** Positions. */
  int positions() {
    return starts[starts.length - 1];
  }

  /** The position of {@code t} inside its segment, for each t of the batch. */
  int[] offsets() {
    int[] out = new int[positions()];
    for (int s = 0; s + 1 < starts.length; s++) {
      for (int t = starts[s]; t < starts[s + 1]; t++) {
        out[t] = t - starts[s];
      }
    }
    return out;
  }

  Tensor f32(long... shape) {
    return workspace.take(DType.F32, shape);
  }

  /** Uninitialised memory for the input of a product. */
  Tensor input(long... shape) {
    return workspace.take(products, shape);
  }

  /** Rows of an elementwise loop, in parallel. */
  void rows(int n, dev.mneme.model.kernel.Workers.Range range) {
    compute.workers().ranges(n, GRAIN, range);
  }

  /** {@code x} rounded to the input type of products. */
  Tensor round(Tensor x_TD) {
    Tensor out = workspace.take(products, x_TD.rows(), x_TD.cols());
    int width = x_TD.cols();
    rows(
        x_TD.rows(),
        (from, to) ->
            Bf16.convert(x_TD, (long) from * width, out, (long) from * width, (to - from) * width));
    return out;
  }

  /** {@code y = x w^T}, F32. */
  Tensor linear(Tensor x_TI, Weight w_OI) {
    Tensor y = f32(x_TI.rows(), w_OI.rows());
    compute.linear(Mat.of(x_TI), w_OI.mat(), Mat.of(y));
    return y;
  }

  /** {@code y += x w^T}. */
  void linearAdd(Tensor x_TI, Weight w_OI, Tensor y_TO) {
    compute.multiply(Mat.of(x_TI), Op.N, w_OI.mat(), Op.T, Mat.of(y_TO), true);
  }

  /** Gradient of a linear layer's input: {@code dx = dy w}, F32. */
  Tensor linearBackward(Tensor dy_TO, Weight w_OI) {
    Tensor dx = f32(dy_TO.rows(), w_OI.cols());
    compute.multiply(Mat.of(dy_TO), Op.N, w_OI.mat(), Op.N, Mat.of(dx), false);
    return dx;
  }

  /** Accumulates a linear layer's gradient: {@code dw += dy^T x}. */
  void accumulate(Tensor dy_TO, Tensor x_TI, Weight w_OI) {
    compute.multiply(Mat.of(dy_TO), Op.T, Mat.of(x_TI), Op.N, w_OI.gradientMat(), true);
  }
}

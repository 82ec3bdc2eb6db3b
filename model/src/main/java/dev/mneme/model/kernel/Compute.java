package dev.mneme.model.kernel;

import dev.mneme.model.kernel.MatMul.Op;

/**
 * The machine as the model sees it: a matrix product and a team of threads, with the products that
 * are spread over the team.
 *
 * <p>One loop at a time, see {@link Workers}. The caller closes it.
 */
public final class Compute implements AutoCloseable {
  /** Rows of one parallel task: large enough to pack operands once, small enough to balance. */
  private static final int ROWS = 256;

  private final MatMul matMul;
  private final Workers workers;

  public Compute(MatMul matMul, Workers workers) {
    this.matMul = matMul;
    this.workers = workers;
  }

  /** The best product of this machine on {@code threads} threads. */
  public static Compute best(int threads) {
    return new Compute(MatMul.best(), new Workers(threads));
  }

  /** Single-threaded products, for use inside a parallel loop. */
  public MatMul matMul() {
    return matMul;
  }

  public Workers workers() {
    return workers;
  }

  /** {@code c = opA(a) * opB(b)}, or {@code c += ...}, spread over rows of {@code c}. */
  public void multiply(Mat a, Op opA, Mat b, Op opB, Mat c, boolean add) {
    int rows = c.rows();
    int perTask = Math.min(ROWS, Math.max(16, (rows / workers.threads() + 15) & -16));
    workers.ranges(
        rows,
        perTask,
        (from, to) -> {
          Mat part = opA == Op.N ? a.rows(from, to) : a.cols(from, to);
          matMul.multiply(part, opA, b, opB, c.rows(from, to), add);
        });
  }

  /** {@code y_TN = x_TK w_NK^T}: a linear layer with weights as checkpoints store them. */
  public void linear(Mat x_TK, Mat w_NK, Mat y_TN) {
    multiply(x_TK, Op.N, w_NK, Op.T, y_TN, false);
  }

  @Override
  public void close() {
    workers.close();
  }
}

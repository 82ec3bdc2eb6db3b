package dev.mneme.model.kernel;

import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;

/**
 * A strided matrix inside a tensor: element (r, c) is at {@code offset + r * stride + c}. Bounds
 * are checked once, here, because the products below work on bare addresses.
 *
 * @param tensor the memory; its own shape does not matter
 * @param offset element of the tensor where the matrix starts
 * @param stride elements from one row to the next, at least {@code cols}
 */
public record Mat(Tensor tensor, long offset, int rows, int cols, int stride) {
  public Mat {
    long last = rows == 0 || cols == 0 ? offset : offset + (rows - 1L) * stride + cols;
    if (offset < 0 || rows < 0 || cols < 0 || stride < cols || last > tensor.size()) {
      throw new IllegalArgumentException(
          "matrix of "
              + rows
              + " x "
              + cols
              + " with stride "
              + stride
              + " at "
              + offset
              + " does not fit into "
              + tensor);
    }
  }

  /** The whole tensor as rows of its innermost dimension. */
  public static Mat of(Tensor tensor) {
    return new Mat(tensor, 0, tensor.rows(), tensor.cols(), tensor.cols());
  }

  /** The first {@code rows} * {@code cols} elements of the tensor, without gaps. */
  public static Mat of(Tensor tensor, int rows, int cols) {
    return new Mat(tensor, 0, rows, cols, cols);
  }

  /** Rows {@code from} to {@code to} (exclusive). */
  public Mat rows(int from, int to) {
    return new Mat(tensor, offset + (long) from * stride, to - from, cols, stride);
  }

  /** Columns {@code from} to {@code to} (exclusive). */
  public Mat cols(int from, int to) {
    return new Mat(tensor, offset + from, rows, to - from, stride);
  }

  /** Element type. */
  public DType type() {
    return tensor.type();
  }

  /** Address of the first element. */
  public long address() {
    return tensor.address() + offset * tensor.type().bytes();
  }

  @Override
  public String toString() {
    return type() + "[" + rows + ", " + cols + "]";
  }
}

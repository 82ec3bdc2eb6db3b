package dev.mneme.model.layer;

import dev.mneme.model.kernel.Elementwise;
import dev.mneme.model.kernel.Mat;
import dev.mneme.model.tensor.Tensor;

/**
 * A matrix (or vector, of one row) inside the flat buffers of {@link Parameters}: one checkpoint
 * tensor, or several stacked by rows so that one product serves them all.
 */
public final class Weight {
  private final Parameters owner;
  private final long offset;
  private final int rows;
  private final int cols;

  Weight(Parameters owner, long offset, int rows, int cols) {
    this.owner = owner;
    this.offset = offset;
    this.rows = rows;
    this.cols = cols;
  }

  int rows() {
    return rows;
  }

  int cols() {
    return cols;
  }

  long offset() {
    return offset;
  }

  /** Values in the type of products. */
  Mat mat() {
    return new Mat(owner.rounded(), offset, rows, cols, cols);
  }

  /** Gradient, F32. */
  Mat gradientMat() {
    return new Mat(owner.gradients(), offset, rows, cols, cols);
  }

  /** Values, F32. */
  Tensor values() {
    return owner.values().slice(offset, rows, cols);
  }

  /** Gradient, F32. */
  Tensor gradient() {
    return owner.gradients().slice(offset, rows, cols);
  }

  /** Row {@code block} of equally sized row blocks, for experts stacked in one weight. */
  Weight block(int block, int blockRows) {
    return new Weight(owner, offset + (long) block * blockRows * cols, blockRows, cols);
  }

  /** Scales the F32 values of some rows; the rounded copy is not touched. */
  void scaleRows(int from, int count, float factor) {
    Elementwise.scale(factor, owner.values().segment(), offset + (long) from * cols, count * cols);
  }
}

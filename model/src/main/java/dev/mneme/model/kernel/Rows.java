package dev.mneme.model.kernel;

import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;

/**
 * Vectors of one length laid out regularly in a tensor: {@code groups} of them side by side in each
 * of many strided rows. Vector {@code r} starts at {@code offset + (r / groups) * stride + (r %
 * groups) * pitch}. With one group this is a strided matrix; with several it is the heads of each
 * token.
 *
 * @param stride elements from one outer row to the next
 * @param groups vectors per outer row
 * @param pitch elements from one vector to the next inside an outer row
 */
public record Rows(Tensor tensor, long offset, int stride, int groups, int pitch) {
  /** The rows of a tensor's innermost dimension. */
  public static Rows of(Tensor tensor) {
    return new Rows(tensor, 0, tensor.cols(), 1, 0);
  }

  /** Part of each row of a tensor, starting {@code column} elements into it. */
  public static Rows at(Tensor tensor, int column) {
    return new Rows(tensor, column, tensor.cols(), 1, 0);
  }

  /** Where vector {@code r} starts, in elements. */
  public long start(int r) {
    return groups == 1
        ? offset + (long) r * stride
        : offset + (long) (r / groups) * stride + (long) (r % groups) * pitch;
  }

  boolean bf16() {
    return tensor.type() == DType.BF16;
  }
}

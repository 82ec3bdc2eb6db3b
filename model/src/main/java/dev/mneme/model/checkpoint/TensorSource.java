package dev.mneme.model.checkpoint;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A tensor to be written: where its elements are now. Converted on the way out if the file is to
 * hold another type.
 *
 * @param from type of the elements in {@code bytes}
 * @param to type in the file
 * @param bytes elements, little-endian; must stay valid and unchanged while writing
 */
public record TensorSource(
    String name, List<Long> shape, DType from, DType to, MemorySegment bytes) {
  public TensorSource {
    shape = List.copyOf(shape);
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    if (bytes.byteSize() != count * from.bytes()) {
      throw new IllegalArgumentException(
          name
              + " has "
              + bytes.byteSize()
              + " bytes, expected "
              + count * from.bytes()
              + " for "
              + from
              + " "
              + shape);
    }
    if (from != to && !(from == DType.F32 && to.isWeight())) {
      throw new IllegalArgumentException(name + " cannot be converted from " + from + " to " + to);
    }
  }

  /** f32 elements written as {@code to}. */
  public static TensorSource floats(String name, List<Long> shape, MemorySegment floats, DType to) {
    return new TensorSource(name, shape, DType.F32, to, floats);
  }

  /** The same bytes as another checkpoint's tensor. */
  public static TensorSource copy(TensorView view) {
    return new TensorSource(view.name(), view.shape(), view.dtype(), view.dtype(), view.bytes());
  }

  long storedBytes() {
    return bytes.byteSize() / from.bytes() * to.bytes();
  }
}

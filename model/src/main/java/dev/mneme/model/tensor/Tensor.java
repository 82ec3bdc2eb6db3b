package dev.mneme.model.tensor;

import dev.mneme.model.kernel.Bf16;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A dense, row-major block of numbers in an ND4J buffer, aligned to a cache line where it starts an
 * allocation.
 *
 * <p>A tensor never owns its memory: the {@link TensorScope} or {@link Workspace} it came from
 * does, and using a tensor after its owner was closed throws {@link IllegalStateException}. Views
 * ({@link #slice}) share the owner. Thread-safety is that of plain memory: concurrent reads are
 * fine, writers must not overlap.
 */
public final class Tensor {
  private final Slab slab;
  private final long offset;
  private final long[] shape;
  private final long size;
  private final MemorySegment segment;

  Tensor(Slab slab, long offset, long... shape) {
    this.slab = slab;
    this.offset = offset;
    this.shape = shape;
    this.size = sizeOf(shape);
    long width = slab.type().bytes();
    this.segment = slab.segment().asSlice(offset * width, size * width);
  }

  static long sizeOf(long... shape) {
    long size = 1;
    for (long extent : shape) {
      if (extent < 0) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(shape) + " has a negative extent; expected sizes >= 0");
      }
      size = Math.multiplyExact(size, extent);
    }
    return size;
  }

  /** Element type. */
  public DType type() {
    return slab.type();
  }

  /** Sizes, outermost first; a copy. */
  public long[] shape() {
    return shape.clone();
  }

  /** Number of elements. */
  public long size() {
    return size;
  }

  /** Size of the innermost dimension; 1 for a scalar. */
  public int cols() {
    return shape.length == 0 ? 1 : Math.toIntExact(shape[shape.length - 1]);
  }

  /** Product of all sizes but the innermost. */
  public int rows() {
    int cols = cols();
    return cols == 0 ? 0 : Math.toIntExact(size / cols);
  }

  /** The bytes, little-endian elements in row-major order. Valid until the owner is closed. */
  public MemorySegment segment() {
    slab.checkOpen();
    return segment;
  }

  /** Address of the first element. Valid until the owner is closed. */
  public long address() {
    slab.checkOpen();
    return segment.address();
  }

  /**
   * This block as an ND4J array on the same memory. Never close it: the owner frees it. Valid until
   * the owner is closed.
   */
  public INDArray array() {
    slab.checkOpen();
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape[i];
    }
    return Nd4j.create(slab.array().data(), shape.clone(), strides, slab.origin() + offset);
  }

  /** A view of {@code shape} starting {@code from} elements into this tensor. */
  public Tensor slice(long from, long... shape) {
    long count = sizeOf(shape);
    if (from < 0 || from + count > size) {
      throw new IllegalArgumentException(
          "slice of "
              + count
              + " elements at "
              + from
              + " does not fit into "
              + this
              + "; expected 0 <= from and from + count <= "
              + size);
    }
    return new Tensor(slab, offset + from, shape.clone());
  }

  /** A view of rows {@code from} to {@code to} (exclusive) of this tensor seen as a matrix. */
  public Tensor sliceRows(long from, long to) {
    return slice(from * cols(), to - from, cols());
  }

  /** The same elements under another shape of equal size. */
  public Tensor reshape(long... shape) {
    if (sizeOf(shape) != size) {
      throw new IllegalArgumentException(
          "cannot reshape " + this + " to " + Arrays.toString(shape) + ": sizes differ");
    }
    return slice(0, shape);
  }

  /** Element {@code index} of a F32 or BF16 tensor. For tests and cold code. */
  public float get(long index) {
    return switch (type()) {
      case F32 -> segment().getAtIndex(ValueLayout.JAVA_FLOAT, index);
      case BF16 -> Bf16.toFloat(segment().getAtIndex(ValueLayout.JAVA_SHORT, index));
      case I8 -> segment().get(ValueLayout.JAVA_BYTE, index);
      case I32 -> segment().getAtIndex(ValueLayout.JAVA_INT, index);
    };
  }

  /** Sets element {@code index}, rounding to the element type. For tests and cold code. */
  public void set(long index, float value) {
    switch (type()) {
      case F32 -> segment().setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
      case BF16 -> segment().setAtIndex(ValueLayout.JAVA_SHORT, index, Bf16.fromFloat(value));
      case I8 -> segment().set(ValueLayout.JAVA_BYTE, index, (byte) value);
      case I32 -> segment().setAtIndex(ValueLayout.JAVA_INT, index, (int) value);
    }
  }

  /** Copies all elements out as floats. */
  public float[] toFloats() {
    float[] out = new float[Math.toIntExact(size)];
    if (type() == DType.F32) {
      MemorySegment.copy(segment(), ValueLayout.JAVA_FLOAT, 0, out, 0, out.length);
    } else {
      for (int i = 0; i < out.length; i++) {
        out[i] = get(i);
      }
    }
    return out;
  }

  /** Overwrites all elements, rounding to the element type. */
  public void setAll(float[] values) {
    if (values.length != size) {
      throw new IllegalArgumentException(
          values.length + " values given for " + this + "; expected " + size);
    }
    if (type() == DType.F32) {
      MemorySegment.copy(values, 0, segment(), ValueLayout.JAVA_FLOAT, 0, values.length);
    } else {
      for (int i = 0; i < values.length; i++) {
        set(i, values[i]);
      }
    }
  }

  /** Sets every byte to zero. */
  public void zero() {
    segment().fill((byte) 0);
  }

  /** Copies the bytes of a tensor of the same type and size. */
  public void copyFrom(Tensor source) {
    if (source.type() != type() || source.size != size) {
      throw new IllegalArgumentException("cannot copy " + source + " into " + this);
    }
    MemorySegment.copy(source.segment(), 0, segment(), 0, segment.byteSize());
  }

  @Override
  public String toString() {
    return type() + Arrays.toString(shape);
  }
}

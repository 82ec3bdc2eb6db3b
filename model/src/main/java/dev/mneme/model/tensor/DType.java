package dev.mneme.model.tensor;

import org.nd4j.linalg.api.buffer.DataType;

/** Element types of a {@link Tensor}. */
public enum DType {
  /** IEEE 754 single precision. */
  F32(4, DataType.FLOAT),
  /** The upper half of an {@link #F32}: 8 bits of exponent, 7 of mantissa. */
  BF16(2, DataType.BFLOAT16),
  /** Signed bytes: quantised weights. */
  I8(1, DataType.INT8),
  /** Signed 32-bit integers: token ids, positions, expert slots. */
  I32(4, DataType.INT32);

  private final int bytes;
  private final DataType nd4j;

  DType(int bytes, DataType nd4j) {
    this.bytes = bytes;
    this.nd4j = nd4j;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** ND4J's name of this type. */
  public DataType nd4j() {
    return nd4j;
  }
}

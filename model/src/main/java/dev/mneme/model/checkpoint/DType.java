package dev.mneme.model.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Element types of a safetensors file. Conversions are exact, or round to nearest even. */
public enum DType {
  F32(4, "float32"),
  BF16(2, "bfloat16"),
  F16(2, "float16"),
  F64(8, "float64"),
  I64(8, "int64"),
  I32(4, "int32"),
  I16(2, "int16"),
  I8(1, "int8"),
  U8(1, "uint8"),
  BOOL(1, "bool"),
  F8_E4M3(1, "float8_e4m3fn"),
  F8_E5M2(1, "float8_e5m2");

  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int bytes;
  private final String torchName;

  DType(int bytes, String torchName) {
    this.bytes = bytes;
    this.torchName = torchName;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** The value of {@code torch_dtype} in config.json. */
  public String torchName() {
    return torchName;
  }

  /** Whether weights may be stored in this type. */
  public boolean isWeight() {
    return this == F32 || this == BF16 || this == F16;
  }

  /** Nearest bfloat16 (ties to even); a NaN stays a NaN. */
  public static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  /** The float that a bfloat16 stands for. */
  public static float fromBf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /**
   * Converts elements to f32.
   *
   * @param to little-endian floats on a machine of that order
   */
  void toFloats(MemorySegment from, long fromElement, MemorySegment to, long count) {
    switch (this) {
      case F32 -> MemorySegment.copy(from, fromElement * 4, to, 0, count * 4);
      case BF16 -> {
        for (long i = 0; i < count; i++) {
          to.set(FLOAT, i * 4, fromBf16(from.get(SHORT, (fromElement + i) * 2)));
        }
      }
      case F16 -> {
        for (long i = 0; i < count; i++) {
          to.set(FLOAT, i * 4, Float.float16ToFloat(from.get(SHORT, (fromElement + i) * 2)));
        }
      }
      case F64, I64, I32, I16, I8, U8, BOOL, F8_E4M3, F8_E5M2 ->
          throw new IllegalArgumentException(this + " is not a weight type");
    }
  }

  /** Converts f32 elements to this type. */
  void fromFloats(MemorySegment from, long fromElement, MemorySegment to, long count) {
    switch (this) {
      case F32 -> MemorySegment.copy(from, fromElement * 4, to, 0, count * 4);
      case BF16 -> {
        for (long i = 0; i < count; i++) {
          to.set(SHORT, i * 2, toBf16(from.get(FLOAT, (fromElement + i) * 4)));
        }
      }
      case F16 -> {
        for (long i = 0; i < count; i++) {
          to.set(SHORT, i * 2, Float.floatToFloat16(from.get(FLOAT, (fromElement + i) * 4)));
        }
      }
      case F64, I64, I32, I16, I8, U8, BOOL, F8_E4M3, F8_E5M2 ->
          throw new IllegalArgumentException(this + " is not a weight type");
    }
  }
}

package dev.mneme.model.kernel;

import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.VectorMask;

/** Conversion between F32 and BF16: rounding is to nearest, ties to even; widening is exact. */
public final class Bf16 {
  private Bf16() {}

  /** The nearest BF16, as its bits. NaN stays NaN. */
  public static short fromFloat(float value) {
    if (Float.isNaN(value)) {
      return (short) 0x7fc0;
    }
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** The value of BF16 bits. */
  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** Copies {@code n} elements from {@code source} to {@code target}, converting as needed. */
  public static void convert(Tensor source, long from, Tensor target, long to, int n) {
    MemorySegment s = source.segment();
    MemorySegment t = target.segment();
    if (source.type() == target.type()) {
      long width = source.type().bytes();
      MemorySegment.copy(s, from * width, t, to * width, n * width);
    } else if (source.type() == DType.F32 && target.type() == DType.BF16) {
      narrow(s, from, t, to, n);
    } else if (source.type() == DType.BF16 && target.type() == DType.F32) {
      widen(s, from, t, to, n);
    } else {
      throw new IllegalArgumentException("cannot convert " + source + " to " + target);
    }
  }

  /** Rounds {@code n} F32 elements of {@code s} into BF16 elements of {@code t}. */
  public static void narrow(MemorySegment s, long from, MemorySegment t, long to, int n) {
    int full = Vec.bound(n);
    for (int i = 0; i < full; i += Vec.LANES) {
      Vec.storeBf16(Vec.load(s, from + i), t, to + i);
    }
    if (full < n) {
      VectorMask<Float> m = Vec.tail(full, n);
      Vec.storeBf16(Vec.load(s, from + full, m), t, to + full, m);
    }
  }

  /** Widens {@code n} BF16 elements of {@code s} into F32 elements of {@code t}. */
  public static void widen(MemorySegment s, long from, MemorySegment t, long to, int n) {
    int full = Vec.bound(n);
    for (int i = 0; i < full; i += Vec.LANES) {
      Vec.store(Vec.loadBf16(s, from + i), t, to + i);
    }
    if (full < n) {
      VectorMask<Float> m = Vec.tail(full, n);
      Vec.store(Vec.loadBf16(s, from + full, m), t, to + full, m);
    }
  }
}

package dev.mneme.model.kernel;

import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** One-pass operations on runs of F32 elements. Indices are elements. Stateless. */
public final class Elementwise {
  private Elementwise() {}

  /** {@code y += a x}. */
  public static void axpy(float a, MemorySegment x, long i, MemorySegment y, long o, int n) {
    int full = Vec.bound(n);
    FloatVector scale = FloatVector.broadcast(Vec.F, a);
    for (int d = 0; d < full; d += Vec.LANES) {
      Vec.store(Vec.load(x, i + d).fma(scale, Vec.load(y, o + d)), y, o + d);
    }
    if (full < n) {
      VectorMask<Float> m = Vec.tail(full, n);
      Vec.store(Vec.load(x, i + full, m).fma(scale, Vec.load(y, o + full, m)), y, o + full, m);
    }
  }

  /** {@code x *= a}. */
  public static void scale(float a, MemorySegment x, long i, int n) {
    int full = Vec.bound(n);
    for (int d = 0; d < full; d += Vec.LANES) {
      Vec.store(Vec.load(x, i + d).mul(a), x, i + d);
    }
    if (full < n) {
      VectorMask<Float> m = Vec.tail(full, n);
      Vec.store(Vec.load(x, i + full, m).mul(a), x, i + full, m);
    }
  }

  /** {@code y = a x + b y}, from element {@code i} of both. */
  public static void combine(float a, MemorySegment x, float b, MemorySegment y, long i, int n) {
    int full = Vec.bound(n);
    FloatVector scale = FloatVector.broadcast(Vec.F, a);
    for (int d = 0; d < full; d += Vec.LANES) {
      Vec.store(Vec.load(x, i + d).fma(scale, Vec.load(y, i + d).mul(b)), y, i + d);
    }
    if (full < n) {
      VectorMask<Float> m = Vec.tail(full, n);
      FloatVector sum = Vec.load(x, i + full, m).fma(scale, Vec.load(y, i + full, m).mul(b));
      Vec.store(sum, y, i + full, m);
    }
  }

  /** Sum of squares. */
  public static double sumOfSquares(MemorySegment x, long i, int n) {
    FloatVector acc = FloatVector.zero(Vec.F);
    int full = Vec.bound(n);
    for (int d = 0; d < full; d += Vec.LANES) {
      FloatVector v = Vec.load(x, i + d);
      acc = v.fma(v, acc);
    }
    if (full < n) {
      FloatVector v = Vec.load(x, i + full, Vec.tail(full, n));
      acc = v.fma(v, acc);
    }
    return Vec.sum(acc);
  }

  /** Sum of products, from element {@code i} of both. */
  public static double dot(MemorySegment x, MemorySegment y, long i, int n) {
    FloatVector acc = FloatVector.zero(Vec.F);
    int full = Vec.bound(n);
    for (int d = 0; d < full; d += Vec.LANES) {
      acc = Vec.load(x, i + d).fma(Vec.load(y, i + d), acc);
    }
    if (full < n) {
      VectorMask<Float> m = Vec.tail(full, n);
      acc = Vec.load(x, i + full, m).fma(Vec.load(y, i + full, m), acc);
    }
    return Vec.sum(acc);
  }

  /** {@code x = 1 / (1 + exp(-x))}. */
  public static void sigmoid(MemorySegment x, long i, int n) {
    int full = Vec.bound(n);
    for (int d = 0; d < full; d += Vec.LANES) {
      Vec.store(Vec.sigmoid(Vec.load(x, i + d)), x, i + d);
    }
    if (full < n) {
      VectorMask<Float> m = Vec.tail(full, n);
      Vec.store(Vec.sigmoid(Vec.load(x, i + full, m)), x, i + full, m);
    }
  }

  /** Copies rows of an F32 or BF16 tensor into one of the same type. */
  public static void copyRow(Tensor from, long fromRow, Tensor to, long toRow, int width) {
    long bytes = (long) width * from.type().bytes();
    MemorySegment.copy(from.segment(), fromRow * bytes, to.segment(), toRow * bytes, bytes);
  }

  /** Whether every one of {@code n} elements is finite. */
  public static boolean allFinite(Tensor x) {
    if (x.type() != DType.F32) {
      throw new IllegalArgumentException("expected an F32 tensor, found " + x);
    }
    MemorySegment s = x.segment();
    for (long i = 0; i < x.size(); i += 1 << 20) {
      int n = (int) Math.min(1 << 20, x.size() - i);
      if (!Double.isFinite(sumOfSquares(s, i, n))) {
        return false;
      }
    }
    return true;
  }
}

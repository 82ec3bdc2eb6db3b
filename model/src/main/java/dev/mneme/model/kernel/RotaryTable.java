package dev.mneme.model.kernel;

import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Rotary position embedding (RoFormer, arXiv 2104.09864) from a table of cosines and sines.
 *
 * <p>Two layouts of the rotated pairs exist: {@link Layout#INTERLEAVED} (x0,x1), (x2,x3), ... as in
 * DeepSeek, {@link Layout#HALVES} (x0,x[d/2]), (x1,x[d/2+1]), ... as in Llama. The inverse rotation
 * is the transposed one and serves the backward pass. Immutable and thread-safe; lives as long as
 * the scope it was made in.
 */
public final class RotaryTable {
  /** Which dimensions form a pair. */
  public enum Layout {
    INTERLEAVED,
    HALVES
  }

  private static final VectorShuffle<Float> NEIGHBOUR = VectorShuffle.fromOp(Vec.F, i -> i ^ 1);

  private final Layout layout;
  private final int dim;
  private final int positions;
  private final Tensor cos_PD;
  private final Tensor sin_PD;

  /**
   * @param cos_PI cosines [positions][dim / 2], flattened
   * @param sin_PI sines, likewise
   */
  public RotaryTable(TensorScope scope, Layout layout, int dim, float[] cos_PI, float[] sin_PI) {
    this.layout = layout;
    this.dim = dim;
    int pairs = dim / 2;
    this.positions = cos_PI.length / pairs;
    this.cos_PD = scope.zeros(DType.F32, positions, dim);
    this.sin_PD = scope.zeros(DType.F32, positions, dim);
    for (int p = 0; p < positions; p++) {
      for (int i = 0; i < pairs; i++) {
        float cos = cos_PI[p * pairs + i];
        float sin = sin_PI[p * pairs + i];
        long first = (long) p * dim + (layout == Layout.INTERLEAVED ? 2 * i : i);
        long second = layout == Layout.INTERLEAVED ? first + 1 : first + pairs;
        cos_PD.set(first, cos);
        cos_PD.set(second, cos);
        sin_PD.set(first, -sin);
        sin_PD.set(second, sin);
      }
    }
  }

  /** Positions in the table. */
  public int positions() {
    return positions;
  }

  /** Rotated width of a head. */
  public int dim() {
    return dim;
  }

  /**
   * Rotates one head.
   *
   * @param in F32, at element {@code i}
   * @param out at element {@code o}, BF16 or F32; may not overlap {@code in} unless equal and F32
   *     interleaved
   * @param inverse rotate back
   */
  public void rotate(
      int position,
      MemorySegment in,
      long i,
      boolean bf16,
      MemorySegment out,
      long o,
      boolean inverse) {
    MemorySegment cs = cos_PD.segment();
    MemorySegment ss = sin_PD.segment();
    long row = (long) position * dim;
    switch (layout) {
      case INTERLEAVED -> interleaved(cs, ss, row, in, i, bf16, out, o, inverse ? -1 : 1);
      case HALVES -> halves(cs, ss, row, in, i, bf16, out, o, inverse ? -1 : 1);
    }
  }

  private void interleaved(
      MemorySegment cs,
      MemorySegment ss,
      long row,
      MemorySegment in,
      long i,
      boolean bf16,
      MemorySegment out,
      long o,
      float sign) {
    int full = Vec.bound(dim);
    for (int d = 0; d < full; d += Vec.LANES) {
      FloatVector x = Vec.load(in, i + d);
      FloatVector sin = Vec.load(ss, row + d).mul(sign);
      FloatVector y = x.rearrange(NEIGHBOUR).fma(sin, x.mul(Vec.load(cs, row + d)));
      Vec.put(bf16, y, out, o + d);
    }
    if (full < dim) {
      VectorMask<Float> m = Vec.tail(full, dim);
      FloatVector x = Vec.load(in, i + full, m);
      FloatVector sin = Vec.load(ss, row + full, m).mul(sign);
      FloatVector y = x.rearrange(NEIGHBOUR).fma(sin, x.mul(Vec.load(cs, row + full, m)));
      Vec.put(bf16, y, out, o + full, m);
    }
  }

  private void halves(
      MemorySegment cs,
      MemorySegment ss,
      long row,
      MemorySegment in,
      long i,
      boolean bf16,
      MemorySegment out,
      long o,
      float sign) {
    int half = dim / 2;
    for (int d = 0; d < half; d += Vec.LANES) {
      VectorMask<Float> m = Vec.tail(d, half);
      FloatVector a = Vec.load(in, i + d, m);
      FloatVector b = Vec.load(in, i + half + d, m);
      FloatVector cos = Vec.load(cs, row + d, m);
      FloatVector sin = Vec.load(ss, row + half + d, m).mul(sign);
      Vec.put(bf16, a.mul(cos).sub(b.mul(sin)), out, o + d, m);
      Vec.put(bf16, b.mul(cos).add(a.mul(sin)), out, o + half + d, m);
    }
  }
}

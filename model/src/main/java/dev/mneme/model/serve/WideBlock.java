package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.F;
import static dev.mneme.model.kernel.Vec.LANES;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** What the block-scaled kernels share: a block of weights already widened to floats. Stateless. */
final class WideBlock {
  private WideBlock() {}

  /** {@code out = scales * sum}, or added to what earlier blocks left there. */
  static void finish(
      FloatVector sum, MemorySegment m, long scales, float[] out, int y, boolean first) {
    FloatVector scale = FloatVector.fromMemorySegment(F, m, scales, LITTLE_ENDIAN);
    if (first) {
      sum.mul(scale).intoArray(out, y);
    } else {
      sum.fma(scale, FloatVector.fromArray(F, out, y)).intoArray(out, y);
    }
  }

  /** The same for sums that were put down: it keeps the loop that made them small. */
  static void finish(
      float[] sums, int at, MemorySegment m, long scales, float[] out, int y, boolean first) {
    finish(FloatVector.fromArray(F, sums, at), m, scales, out, y, first);
  }

  /**
   * Four inputs, two panels, one block of columns.
   *
   * @param wide weights as floats, two vectors a column
   * @param w where the first panel's block starts, with its scales
   * @param column first column of the block
   */
  static void tile(
      float[] wide,
      MemorySegment m,
      long w,
      long panel,
      int k,
      float[] in,
      int[] xs,
      int column,
      float[] out,
      int[] ys,
      int first,
      int add) {
    int x0 = xs[first] + column;
    int x1 = xs[first + 1] + column;
    int x2 = xs[first + 2] + column;
    int x3 = xs[first + 3] + column;
    FloatVector a00 = FloatVector.zero(F);
    FloatVector a01 = a00;
    FloatVector a10 = a00;
    FloatVector a11 = a00;
    FloatVector a20 = a00;
    FloatVector a21 = a00;
    FloatVector a30 = a00;
    FloatVector a31 = a00;
    FloatVector b00 = a00;
    FloatVector b01 = a00;
    FloatVector b10 = a00;
    FloatVector b11 = a00;
    FloatVector b20 = a00;
    FloatVector b21 = a00;
    FloatVector b30 = a00;
    FloatVector b31 = a00;
    for (int c = 0; c < k; c += 2) {
      int at = 2 * LANES * c;
      FloatVector v0 = FloatVector.fromArray(F, wide, at);
      FloatVector v1 = FloatVector.fromArray(F, wide, at + LANES);
      FloatVector x = FloatVector.broadcast(F, in[x0 + c]);
      a00 = v0.fma(x, a00);
      a01 = v1.fma(x, a01);
      x = FloatVector.broadcast(F, in[x1 + c]);
      a10 = v0.fma(x, a10);
      a11 = v1.fma(x, a11);
      x = FloatVector.broadcast(F, in[x2 + c]);
      a20 = v0.fma(x, a20);
      a21 = v1.fma(x, a21);
      x = FloatVector.broadcast(F, in[x3 + c]);
      a30 = v0.fma(x, a30);
      a31 = v1.fma(x, a31);
      v0 = FloatVector.fromArray(F, wide, at + 2 * LANES);
      v1 = FloatVector.fromArray(F, wide, at + 3 * LANES);
      x = FloatVector.broadcast(F, in[x0 + c + 1]);
      b00 = v0.fma(x, b00);
      b01 = v1.fma(x, b01);
      x = FloatVector.broadcast(F, in[x1 + c + 1]);
      b10 = v0.fma(x, b10);
      b11 = v1.fma(x, b11);
      x = FloatVector.broadcast(F, in[x2 + c + 1]);
      b20 = v0.fma(x, b20);
      b21 = v1.fma(x, b21);
      x = FloatVector.broadcast(F, in[x3 + c + 1]);
      b30 = v0.fma(x, b30);
      b31 = v1.fma(x, b31);
    }
    boolean initial = column == 0;
    finish(a00.add(b00), m, w, out, ys[first] + add, initial);
    finish(a01.add(b01), m, w + panel, out, ys[first] + add + LANES, initial);
    finish(a10.add(b10), m, w, out, ys[first + 1] + add, initial);
    finish(a11.add(b11), m, w + panel, out, ys[first + 1] + add + LANES, initial);
    finish(a20.add(b20), m, w, out, ys[first + 2] + add, initial);
    finish(a21.add(b21), m, w + panel, out, ys[first + 2] + add + LANES, initial);
    finish(a30.add(b30), m, w, out, ys[first + 3] + add, initial);
    finish(a31.add(b31), m, w + panel, out, ys[first + 3] + add + LANES, initial);
  }
}

package dev.mneme.model.kernel;

import dev.mneme.model.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Root mean square normalisation (Zhang and Sennrich 2019, arXiv 1910.07467): {@code y = w x /
 * sqrt(mean(x^2) + eps)}. Statistics are F32 whatever the output type. Stateless.
 */
public final class RmsNorm {
  private RmsNorm() {}

  /**
   * Normalises vectors {@code from} to {@code to} (exclusive).
   *
   * @param x F32
   * @param w_D weights, F32
   * @param y result, F32 or BF16
   * @param inv_R receives the reciprocal root of each vector, for the backward pass
   */
  public static void forward(
      Rows x, Tensor w_D, Rows y, Tensor inv_R, int width, float eps, int from, int to) {
    MemorySegment xs = x.tensor().segment();
    MemorySegment ws = w_D.segment();
    MemorySegment ys = y.tensor().segment();
    MemorySegment is = inv_R.segment();
    boolean bf16 = y.bf16();
    int full = Vec.bound(width);
    VectorMask<Float> m = Vec.tail(full, width);
    for (int r = from; r < to; r++) {
      long xr = x.start(r);
      long yr = y.start(r);
      float inv = (float) (1 / Math.sqrt(sumOfSquares(xs, xr, width, full, m) / width + eps));
      is.setAtIndex(ValueLayout.JAVA_FLOAT, r, inv);
      for (int i = 0; i < full; i += Vec.LANES) {
        FloatVector v = Vec.load(xs, xr + i).mul(inv).mul(Vec.load(ws, i));
        Vec.put(bf16, v, ys, yr + i);
      }
      if (full < width) {
        FloatVector v = Vec.load(xs, xr + full, m).mul(inv).mul(Vec.load(ws, full, m));
        Vec.put(bf16, v, ys, yr + full, m);
      }
    }
  }

  private static float sumOfSquares(
      MemorySegment s, long start, int width, int full, VectorMask<Float> m) {
    FloatVector acc = FloatVector.zero(Vec.F);
    for (int i = 0; i < full; i += Vec.LANES) {
      FloatVector v = Vec.load(s, start + i);
      acc = v.fma(v, acc);
    }
    if (full < width) {
      FloatVector v = Vec.load(s, start + full, m);
      acc = v.fma(v, acc);
    }
    return Vec.sum(acc);
  }

  /**
   * The gradient. With {@code n = x inv}: {@code dx = inv (w dy - n mean(w dy n))} and {@code dw =
   * sum dy n}.
   *
   * @param dy F32
   * @param dx result: F32 or BF16, overwritten, or F32 added to
   * @param dw_D F32, added to; the caller gives each parallel range its own
   * @param add whether {@code dx} is added to
   */
  public static void backward(
      Rows x,
      Tensor w_D,
      Tensor inv_R,
      Rows dy,
      Rows dx,
      Tensor dw_D,
      int width,
      boolean add,
      int from,
      int to) {
    MemorySegment xs = x.tensor().segment();
    MemorySegment ws = w_D.segment();
    MemorySegment is = inv_R.segment();
    MemorySegment gs = dy.tensor().segment();
    MemorySegment os = dx.tensor().segment();
    MemorySegment dws = dw_D.segment();
    boolean bf16 = dx.bf16();
    int full = Vec.bound(width);
    VectorMask<Float> m = Vec.tail(full, width);
    for (int r = from; r < to; r++) {
      long xr = x.start(r);
      long gr = dy.start(r);
      long or = dx.start(r);
      float inv = is.getAtIndex(ValueLayout.JAVA_FLOAT, r);
      FloatVector dot = FloatVector.zero(Vec.F);
      for (int i = 0; i < full; i += Vec.LANES) {
        FloatVector n = Vec.load(xs, xr + i).mul(inv);
        FloatVector g = Vec.load(gs, gr + i);
        Vec.store(g.fma(n, Vec.load(dws, i)), dws, i);
        dot = g.mul(Vec.load(ws, i)).fma(n, dot);
      }
      if (full < width) {
        FloatVector n = Vec.load(xs, xr + full, m).mul(inv);
        FloatVector g = Vec.load(gs, gr + full, m);
        Vec.store(g.fma(n, Vec.load(dws, full, m)), dws, full, m);
        dot = g.mul(Vec.load(ws, full, m)).fma(n, dot);
      }
      float scale = -inv * inv * Vec.sum(dot) / width;
      for (int i = 0; i < full; i += Vec.LANES) {
        FloatVector wg = Vec.load(gs, gr + i).mul(Vec.load(ws, i)).mul(inv);
        FloatVector d = Vec.load(xs, xr + i).fma(FloatVector.broadcast(Vec.F, scale), wg);
        if (add) {
          Vec.store(d.add(Vec.load(os, or + i)), os, or + i);
        } else {
          Vec.put(bf16, d, os, or + i);
        }
      }
      if (full < width) {
        FloatVector wg = Vec.load(gs, gr + full, m).mul(Vec.load(ws, full, m)).mul(inv);
        FloatVector d = Vec.load(xs, xr + full, m).fma(FloatVector.broadcast(Vec.F, scale), wg);
        if (add) {
          Vec.store(d.add(Vec.load(os, or + full, m)), os, or + full, m);
        } else {
          Vec.put(bf16, d, os, or + full, m);
        }
      }
    }
  }
}

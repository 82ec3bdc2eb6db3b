package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.F;
import static dev.mneme.model.kernel.Vec.LANES;

import dev.mneme.model.kernel.Vec;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What happens to one row between matrix products. Rows are padded with zeros to whole vectors and
 * stay so, so no loop needs a tail. Offsets are in floats. Stateless.
 */
final class Rows {
  private Rows() {}

  /**
   * {@code out = in / sqrt(mean(in^2) + eps) * weight} (RMSNorm, arXiv 1910.07467).
   *
   * @param n true width: the mean is over these
   * @param padded width to compute, a multiple of LANES
   */
  static void rmsNorm(
      float[] in, int x, float[] weight, int n, int padded, float eps, float[] out, int y) {
    FloatVector sum = FloatVector.zero(F);
    for (int i = 0; i < padded; i += LANES) {
      FloatVector v = FloatVector.fromArray(F, in, x + i);
      sum = v.fma(v, sum);
    }
    float scale = (float) (1 / Math.sqrt(Vec.sum(sum) / n + eps));
    for (int i = 0; i < padded; i += LANES) {
      FloatVector.fromArray(F, in, x + i)
          .mul(scale)
          .mul(FloatVector.fromArray(F, weight, i))
          .intoArray(out, y + i);
    }
  }

  /** {@code x += in}. */
  static void add(float[] x, int at, float[] in, int from, int padded) {
    for (int i = 0; i < padded; i += LANES) {
      FloatVector.fromArray(F, x, at + i)
          .add(FloatVector.fromArray(F, in, from + i))
          .intoArray(x, at + i);
    }
  }

  /** {@code x += weight * in}. */
  static void addScaled(float[] x, int at, float[] in, int from, int padded, float weight) {
    FloatVector w = FloatVector.broadcast(F, weight);
    for (int i = 0; i < padded; i += LANES) {
      FloatVector.fromArray(F, in, from + i)
          .fma(w, FloatVector.fromArray(F, x, at + i))
          .intoArray(x, at + i);
    }
  }

  /** {@code out = silu(gate) * up} for one panel, gate and up one after the other. */
  static void swiGlu(float[] gateUp, int from, float[] out, int to) {
    FloatVector gate = FloatVector.fromArray(F, gateUp, from);
    FloatVector up = FloatVector.fromArray(F, gateUp, from + LANES);
    gate.mul(Vec.sigmoid(gate)).mul(up).intoArray(out, to);
  }

  /**
   * {@code scores[t] = q . keys[t]} for t below {@code count}; rows of keys {@code stride} apart.
   * The rest of the last vector is set to the lowest value, which softmax turns into nothing.
   */
  static void scores(
      float[] q,
      int x,
      int width,
      MemorySegment keys,
      long at,
      long stride,
      int count,
      float[] scores,
      int to) {
    int t = 0;
    for (; t + 4 <= count; t += 4) {
      dot4(q, x, width, keys, at + t * stride, stride, scores, to + t);
    }
    for (; t < count; t++) {
      FloatVector a = FloatVector.zero(F);
      for (int i = 0; i < width; i += LANES) {
        a = FloatVector.fromArray(F, q, x + i).fma(Vec.load(keys, at + t * stride + i), a);
      }
      scores[to + t] = Vec.sum(a);
    }
    for (; t % LANES != 0; t++) {
      scores[to + t] = -Float.MAX_VALUE;
    }
  }

  private static void dot4(
      float[] q,
      int x,
      int width,
      MemorySegment keys,
      long at,
      long stride,
      float[] scores,
      int to) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    for (int i = 0; i < width; i += LANES) {
      FloatVector v = FloatVector.fromArray(F, q, x + i);
      a0 = v.fma(Vec.load(keys, at + i), a0);
      a1 = v.fma(Vec.load(keys, at + stride + i), a1);
      a2 = v.fma(Vec.load(keys, at + 2 * stride + i), a2);
      a3 = v.fma(Vec.load(keys, at + 3 * stride + i), a3);
    }
    scores[to] = Vec.sum(a0);
    scores[to + 1] = Vec.sum(a1);
    scores[to + 2] = Vec.sum(a2);
    scores[to + 3] = Vec.sum(a3);
  }

  /** Softmax of {@code scale * scores} in place; scale must be positive. */
  static void softmax(float[] scores, int at, int count, float scale) {
    int padded = PackedMatrix.pad(count);
    FloatVector m = FloatVector.broadcast(F, -Float.MAX_VALUE);
    for (int i = 0; i < padded; i += LANES) {
      m = m.max(FloatVector.fromArray(F, scores, at + i));
    }
    float max = m.reduceLanes(VectorOperators.MAX);
    FloatVector sum = FloatVector.zero(F);
    for (int i = 0; i < padded; i += LANES) {
      FloatVector e = Vec.exp(FloatVector.fromArray(F, scores, at + i).sub(max).mul(scale));
      sum = sum.add(e);
      e.intoArray(scores, at + i);
    }
    float inverse = 1 / Vec.sum(sum);
    for (int i = 0; i < padded; i += LANES) {
      FloatVector.fromArray(F, scores, at + i).mul(inverse).intoArray(scores, at + i);
    }
  }

  /** {@code out = sum_t weights[t] * values[t]} for t below {@code count}. */
  static void mix(
      float[] weights,
      int from,
      int count,
      MemorySegment values,
      long at,
      long stride,
      int width,
      float[] out,
      int to) {
    int i = 0;
    for (; i + 4 * LANES <= width; i += 4 * LANES) {
      mix4(weights, from, count, values, at + i, stride, out, to + i);
    }
    for (; i < width; i += LANES) {
      FloatVector a = FloatVector.zero(F);
      for (int t = 0; t < count; t++) {
        a = Vec.load(values, at + i + t * stride).fma(weight(weights, from + t), a);
      }
      a.intoArray(out, to + i);
    }
  }

  private static FloatVector weight(float[] weights, int at) {
    return FloatVector.broadcast(F, weights[at]);
  }

  private static void mix4(
      float[] weights,
      int from,
      int count,
      MemorySegment values,
      long at,
      long stride,
      float[] out,
      int to) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    int t = 0;
    for (; t + 2 <= count; t += 2) {
      FloatVector w = weight(weights, from + t);
      long v = at + t * stride;
      a0 = Vec.load(values, v).fma(w, a0);
      a1 = Vec.load(values, v + LANES).fma(w, a1);
      a2 = Vec.load(values, v + 2L * LANES).fma(w, a2);
      a3 = Vec.load(values, v + 3L * LANES).fma(w, a3);
      w = weight(weights, from + t + 1);
      v += stride;
      b0 = Vec.load(values, v).fma(w, b0);
      b1 = Vec.load(values, v + LANES).fma(w, b1);
      b2 = Vec.load(values, v + 2L * LANES).fma(w, b2);
      b3 = Vec.load(values, v + 3L * LANES).fma(w, b3);
    }
    if (t < count) {
      FloatVector w = weight(weights, from + t);
      long v = at + t * stride;
      a0 = Vec.load(values, v).fma(w, a0);
      a1 = Vec.load(values, v + LANES).fma(w, a1);
      a2 = Vec.load(values, v + 2L * LANES).fma(w, a2);
      a3 = Vec.load(values, v + 3L * LANES).fma(w, a3);
    }
    a0.add(b0).intoArray(out, to);
    a1.add(b1).intoArray(out, to + LANES);
    a2.add(b2).intoArray(out, to + 2 * LANES);
    a3.add(b3).intoArray(out, to + 3 * LANES);
  }
}

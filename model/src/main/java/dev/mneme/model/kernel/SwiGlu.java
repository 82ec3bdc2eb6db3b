package dev.mneme.model.kernel;

import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

/**
 * The gate of a SwiGLU (Shazeer 2020, arXiv 2002.05202): {@code a = silu(g) u} with {@code g} and
 * {@code u} side by side in one row, as one product leaves them. Stateless.
 */
public final class SwiGlu {
  private SwiGlu() {}

  /**
   * Rows {@code from} to {@code to} (exclusive).
   *
   * @param gu_R2F gate and up, F32
   * @param a_RF result, F32 or BF16
   */
  public static void forward(Tensor gu_R2F, Tensor a_RF, int width, int from, int to) {
    MemorySegment in = gu_R2F.segment();
    MemorySegment out = a_RF.segment();
    boolean bf16 = a_RF.type() == DType.BF16;
    int full = Vec.bound(width);
    VectorMask<Float> m = Vec.tail(full, width);
    for (int r = from; r < to; r++) {
      long g = 2L * r * width;
      long u = g + width;
      long a = (long) r * width;
      for (int i = 0; i < full; i += Vec.LANES) {
        FloatVector gate = Vec.load(in, g + i);
        Vec.put(bf16, gate.mul(Vec.sigmoid(gate)).mul(Vec.load(in, u + i)), out, a + i);
      }
      if (full < width) {
        FloatVector gate = Vec.load(in, g + full, m);
        FloatVector up = Vec.load(in, u + full, m);
        Vec.put(bf16, gate.mul(Vec.sigmoid(gate)).mul(up), out, a + full, m);
      }
    }
  }

  /**
   * The gradient, with the activation recomputed rather than kept.
   *
   * <p>For a routed expert the row counts {@code weight}: {@code dgu} is scaled by it, {@code a} is
   * returned scaled (so that the gradient of the down projection is one product), and the gradient
   * of the weight itself is the dot product of {@code da} and the unscaled activation.
   *
   * @param da_RF gradient of the (unweighted) activation, F32
   * @param dgu_R2F result, F32 or BF16
   * @param a_RF receives the weighted activation, F32 or BF16
   * @param weight_R weight of each row, F32, or null for 1
   * @param dWeight_R receives the gradient of each weight, or null
   */
  public static void backward(
      Tensor gu_R2F,
      Tensor da_RF,
      Tensor dgu_R2F,
      Tensor a_RF,
      @Nullable Tensor weight_R,
      @Nullable Tensor dWeight_R,
      int width,
      int from,
      int to) {
    MemorySegment in = gu_R2F.segment();
    MemorySegment das = da_RF.segment();
    MemorySegment out = dgu_R2F.segment();
    MemorySegment as = a_RF.segment();
    boolean outBf16 = dgu_R2F.type() == DType.BF16;
    boolean aBf16 = a_RF.type() == DType.BF16;
    int full = Vec.bound(width);
    VectorMask<Float> m = Vec.tail(full, width);
    for (int r = from; r < to; r++) {
      float w = weight_R == null ? 1 : weight_R.segment().getAtIndex(ValueLayout.JAVA_FLOAT, r);
      long g = 2L * r * width;
      long u = g + width;
      long a = (long) r * width;
      FloatVector dot = FloatVector.zero(Vec.F);
      for (int i = 0; i < full; i += Vec.LANES) {
        FloatVector gate = Vec.load(in, g + i);
        FloatVector up = Vec.load(in, u + i);
        FloatVector da = Vec.load(das, a + i);
        FloatVector sig = Vec.sigmoid(gate);
        FloatVector silu = gate.mul(sig);
        FloatVector act = silu.mul(up);
        dot = act.fma(da, dot);
        FloatVector wda = da.mul(w);
        // d silu / d g = sig + silu (1 - sig)
        FloatVector slope = sig.neg().add(1f).fma(silu, sig);
        Vec.put(aBf16, act.mul(w), as, a + i);
        Vec.put(outBf16, wda.mul(up).mul(slope), out, g + i);
        Vec.put(outBf16, wda.mul(silu), out, u + i);
      }
      if (full < width) {
        FloatVector gate = Vec.load(in, g + full, m);
        FloatVector up = Vec.load(in, u + full, m);
        FloatVector da = Vec.load(das, a + full, m);
        FloatVector sig = Vec.sigmoid(gate);
        FloatVector silu = gate.mul(sig);
        FloatVector act = silu.mul(up);
        dot = act.fma(da, dot);
        FloatVector wda = da.mul(w);
        FloatVector slope = sig.neg().add(1f).fma(silu, sig);
        Vec.put(aBf16, act.mul(w), as, a + full, m);
        Vec.put(outBf16, wda.mul(up).mul(slope), out, g + full, m);
        Vec.put(outBf16, wda.mul(silu), out, u + full, m);
      }
      if (dWeight_R != null) {
        dWeight_R.segment().setAtIndex(ValueLayout.JAVA_FLOAT, r, Vec.sum(dot));
      }
    }
  }
}

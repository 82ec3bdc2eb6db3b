package dev.mneme.model.kernel;

import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Log-probabilities of logits and their gradient. Rows are vocabularies, F32. Stateless. */
public final class SoftmaxLoss {
  private SoftmaxLoss() {}

  /** {@code log(sum(exp(logits)))} of the row starting at element {@code row}. */
  public static float logSumExp(MemorySegment logits, long row, int width) {
    int full = Vec.bound(width);
    VectorMask<Float> m = Vec.tail(full, width);
    FloatVector top = FloatVector.broadcast(Vec.F, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < full; i += Vec.LANES) {
      top = top.max(Vec.load(logits, row + i));
    }
    if (full < width) {
      top = top.lanewise(VectorOperators.MAX, Vec.load(logits, row + full, m), m);
    }
    float max = top.reduceLanes(VectorOperators.MAX);
    FloatVector sum = FloatVector.zero(Vec.F);
    for (int i = 0; i < full; i += Vec.LANES) {
      sum = sum.add(Vec.exp(Vec.load(logits, row + i).sub(max)));
    }
    if (full < width) {
      sum = sum.add(Vec.exp(Vec.load(logits, row + full, m).sub(max)), m);
    }
    return (float) (max + Math.log(Vec.sum(sum)));
  }

  /**
   * The gradient of {@code factor * log p(target)} by the logits: {@code factor * (onehot - p)}.
   *
   * @param out F32 or BF16, one row from element {@code row} on; may be the logits themselves
   */
  public static void gradient(
      MemorySegment logits, long row, float lse, int target, float factor, Tensor out, int width) {
    MemorySegment os = out.segment();
    boolean bf16 = out.type() == DType.BF16;
    int full = Vec.bound(width);
    FloatVector minus = FloatVector.broadcast(Vec.F, -factor);
    float atTarget = logits.getAtIndex(ValueLayout.JAVA_FLOAT, row + target);
    for (int i = 0; i < full; i += Vec.LANES) {
      Vec.put(bf16, Vec.exp(Vec.load(logits, row + i).sub(lse)).mul(minus), os, row + i);
    }
    if (full < width) {
      VectorMask<Float> m = Vec.tail(full, width);
      Vec.put(
          bf16, Vec.exp(Vec.load(logits, row + full, m).sub(lse)).mul(minus), os, row + full, m);
    }
    out.set(row + target, (float) (factor * (1 - Math.exp(atTarget - lse))));
  }
}

package dev.mneme.model.kernel;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

/**
 * AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) in one pass over memory: moments, weights,
 * their rounded copy, and the gradient back to zero. Stateless.
 */
public final class AdamW {
  private AdamW() {}

  /**
   * One step's numbers.
   *
   * @param gradientScale what gradients are multiplied by (clipping)
   * @param correction1 {@code 1 - beta1^step}
   * @param correction2 {@code 1 - beta2^step}
   */
  public record Step(
      float learningRate,
      float beta1,
      float beta2,
      float epsilon,
      float gradientScale,
      float correction1,
      float correction2) {
    /** The numbers of step {@code step}, counted from 1. */
    public static Step of(
        double learningRate,
        double beta1,
        double beta2,
        double epsilon,
        double gradientScale,
        long step) {
      return new Step(
          (float) learningRate,
          (float) beta1,
          (float) beta2,
          (float) epsilon,
          (float) gradientScale,
          (float) (1 - Math.pow(beta1, step)),
          (float) (1 - Math.pow(beta2, step)));
    }
  }

  /**
   * Updates {@code n} elements from element {@code i} of values and gradients.
   *
   * @param rounded receives the new values in BF16, or null
   * @param v second moments, from element {@code j} on
   */
  public static void update(
      MemorySegment w,
      MemorySegment g,
      MemorySegment m,
      @Nullable MemorySegment rounded,
      long i,
      MemorySegment v,
      long j,
      int n,
      Step s,
      float weightDecay) {
    int full = Vec.bound(n);
    float step = s.learningRate() / s.correction1();
    float root = 1 / s.correction2();
    float keep = 1 - s.learningRate() * weightDecay;
    for (int d = 0; d < full; d += Vec.LANES) {
      FloatVector grad = Vec.load(g, i + d).mul(s.gradientScale());
      FloatVector first = Vec.load(m, i + d).mul(s.beta1()).add(grad.mul(1 - s.beta1()));
      FloatVector second = Vec.load(v, j + d).mul(s.beta2()).add(grad.mul(grad).mul(1 - s.beta2()));
      FloatVector update = first.mul(step).div(second.mul(root).sqrt().add(s.epsilon()));
      FloatVector value = Vec.load(w, i + d).mul(keep).sub(update);
      Vec.store(first, m, i + d);
      Vec.store(second, v, j + d);
      Vec.store(value, w, i + d);
      Vec.store(FloatVector.zero(Vec.F), g, i + d);
      if (rounded != null) {
        Vec.storeBf16(value, rounded, i + d);
      }
    }
    if (full < n) {
      VectorMask<Float> t = Vec.tail(full, n);
      long at = i + full;
      FloatVector grad = Vec.load(g, at, t).mul(s.gradientScale());
      FloatVector first = Vec.load(m, at, t).mul(s.beta1()).add(grad.mul(1 - s.beta1()));
      FloatVector second =
          Vec.load(v, j + full, t).mul(s.beta2()).add(grad.mul(grad).mul(1 - s.beta2()));
      FloatVector update = first.mul(step).div(second.mul(root).sqrt().add(s.epsilon()));
      FloatVector value = Vec.load(w, at, t).mul(keep).sub(update);
      Vec.store(first, m, at, t);
      Vec.store(second, v, j + full, t);
      Vec.store(value, w, at, t);
      Vec.store(FloatVector.zero(Vec.F), g, at, t);
      if (rounded != null) {
        Vec.storeBf16(value, rounded, at, t);
      }
    }
  }

  /**
   * What the update rule divides by, applied to any direction: {@code x /= sqrt(v / correction2) +
   * epsilon}, from element {@code i} of x and {@code j} of v.
   */
  public static void precondition(MemorySegment x, long i, MemorySegment v, long j, int n, Step s) {
    int full = Vec.bound(n);
    float root = 1 / s.correction2();
    for (int d = 0; d < full; d += Vec.LANES) {
      FloatVector below = Vec.load(v, j + d).mul(root).sqrt().add(s.epsilon());
      Vec.store(Vec.load(x, i + d).div(below), x, i + d);
    }
    if (full < n) {
      VectorMask<Float> t = Vec.tail(full, n);
      FloatVector below = Vec.load(v, j + full, t).mul(root).sqrt().add(s.epsilon());
      Vec.store(Vec.load(x, i + full, t).div(below), x, i + full, t);
    }
  }
}

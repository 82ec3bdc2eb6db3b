package dev.mneme.model.kernel;

import dev.mneme.model.TopPredictions;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Log-probabilities of logits and their gradient. Rows are vocabularies, F32. Stateless. */
public final class SoftmaxLoss {
  /** Least probability of "any other token": below, it is what rounding left over. */
  private static final double REST = 1e-6;

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
    float atTarget = logits.getAtIndex(ValueLayout.JAVA_FLOAT, row + target);
    scaledProbabilities(logits, row, lse, -factor, out, width);
    out.set(row + target, (float) (factor * (1 - Math.exp(atTarget - lse))));
  }

  /**
   * The gradient of {@code -factor * KL(q || p)} by the logits, where q is known by its likeliest
   * tokens and all others are one outcome: {@code factor * (q - p)} for the tokens of q, {@code
   * factor * p * (q(rest) / p(rest) - 1)} for the others.
   *
   * @param q tokens and probabilities, of which row {@code at} is meant
   * @param out F32 or BF16, one row from element {@code row} on; not the logits themselves
   * @return KL(q || p), nats
   */
  public static double gradientTowards(
      MemorySegment logits,
      long row,
      float lse,
      TopPredictions q,
      int at,
      float factor,
      Tensor out,
      int width) {
    double divergence = 0;
    double qRest = 1;
    double pRest = 1;
    for (int k = 0; k < TopPredictions.K; k++) {
      double logit = logits.getAtIndex(ValueLayout.JAVA_FLOAT, row + q.token(at, k));
      double held = q.probability(at, k);
      qRest -= held;
      pRest -= Math.exp(logit - lse);
      if (held > 0) {
        divergence += held * (Math.log(held) - (logit - lse));
      }
    }
    double rest = Math.max(0, qRest) / Math.max(REST, pRest);
    if (rest > 0) {
      divergence += qRest * Math.log(rest);
    }
    scaledProbabilities(logits, row, lse, (float) (factor * (rest - 1)), out, width);
    for (int k = 0; k < TopPredictions.K; k++) {
      long token = row + q.token(at, k);
      double p = Math.exp(logits.getAtIndex(ValueLayout.JAVA_FLOAT, token) - lse);
      out.set(token, (float) (factor * (q.probability(at, k) - p)));
    }
    return divergence;
  }

  private static void scaledProbabilities(
      MemorySegment logits, long row, float lse, float scale, Tensor out, int width) {
    MemorySegment os = out.segment();
    boolean bf16 = out.type() == DType.BF16;
    int full = Vec.bound(width);
    FloatVector scales = FloatVector.broadcast(Vec.F, scale);
    for (int i = 0; i < full; i += Vec.LANES) {
      Vec.put(bf16, Vec.exp(Vec.load(logits, row + i).sub(lse)).mul(scales), os, row + i);
    }
    if (full < width) {
      VectorMask<Float> m = Vec.tail(full, width);
      Vec.put(
          bf16, Vec.exp(Vec.load(logits, row + full, m).sub(lse)).mul(scales), os, row + full, m);
    }
  }

  /**
   * The likeliest tokens of a row, likeliest first; of equal ones the lower id first.
   *
   * @param tokens takes {@link TopPredictions#K} ids from index {@code at} on
   * @param probabilities takes theirs
   */
  public static void top(
      MemorySegment logits,
      long row,
      float lse,
      int width,
      int[] tokens,
      float[] probabilities,
      int at) {
    int last = at + TopPredictions.K - 1;
    Arrays.fill(probabilities, at, last + 1, Float.NEGATIVE_INFINITY);
    for (int token = 0; token < width; token++) {
      float logit = logits.getAtIndex(ValueLayout.JAVA_FLOAT, row + token);
      if (logit > probabilities[last]) {
        int place = last;
        while (place > at && logit > probabilities[place - 1]) {
          probabilities[place] = probabilities[place - 1];
          tokens[place] = tokens[place - 1];
          place--;
        }
        probabilities[place] = logit;
        tokens[place] = token;
      }
    }
    for (int k = at; k <= last; k++) {
      probabilities[k] = (float) Math.exp(probabilities[k] - lse);
    }
  }
}

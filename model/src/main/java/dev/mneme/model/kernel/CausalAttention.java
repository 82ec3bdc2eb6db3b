package dev.mneme.model.kernel;

import dev.mneme.model.kernel.MatMul.Op;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Softmax attention over packed segments, forward and backward, for any number of query heads per
 * key head.
 *
 * <p>Works in blocks of query rows: keys beyond a block's last row are never multiplied, and a
 * block's scores stay in the cache. Nothing quadratic survives the forward pass: only the logarithm
 * of each row's normaliser is kept, from which the backward pass recomputes probabilities (Dao et
 * al. 2022, arXiv 2205.14135).
 *
 * <p>Legend: T positions of the packed batch, H query heads, G key heads, D query width, V value
 * width, B query rows of a block, K keys visible to a block. One object per thread team; not for
 * concurrent calls.
 */
public final class CausalAttention {
  private static final int BLOCK = 64;

  private final Compute compute;
  private final DType type;
  private final int heads;
  private final int keyHeads;
  private final int queryDim;
  private final int valueDim;
  private final float scale;

  /**
   * @param type element type of queries, keys, values and outputs
   * @param scale what multiplies scores before softmax
   */
  public CausalAttention(
      Compute compute,
      DType type,
      int heads,
      int keyHeads,
      int queryDim,
      int valueDim,
      float scale) {
    this.compute = compute;
    this.type = type;
    this.heads = heads;
    this.keyHeads = keyHeads;
    this.queryDim = queryDim;
    this.valueDim = valueDim;
    this.scale = scale;
  }

  private static Tensor[] perWorker(Workspace workspace, int workers, DType type, int size) {
    Tensor[] out = new Tensor[workers];
    for (int i = 0; i < workers; i++) {
      out[i] = workspace.take(type, size);
    }
    return out;
  }

  private static int longest(int[] starts) {
    int longest = 0;
    for (int s = 0; s + 1 < starts.length; s++) {
      longest = Math.max(longest, starts[s + 1] - starts[s]);
    }
    return longest;
  }

  /**
   * Attention of every segment to itself.
   *
   * @param q_THD queries
   * @param k_TGD keys
   * @param v_TGV values
   * @param starts first position of each segment, and T
   * @param o_THV receives the outputs
   * @param lse_HT receives each row's log normaliser, F32
   * @param largest_H raised to each head's largest scaled score
   */
  public void forward(
      Tensor q_THD,
      Tensor k_TGD,
      Tensor v_TGV,
      int[] starts,
      Tensor o_THV,
      Tensor lse_HT,
      float[] largest_H,
      Workspace workspace) {
    Workspace.Mark mark = workspace.mark();
    int workers = compute.workers().threads();
    int longest = longest(starts);
    float[] largest = new float[(starts.length - 1) * heads];
    Tensor[] scores = perWorker(workspace, workers, DType.F32, BLOCK * longest);
    Tensor[] probs = perWorker(workspace, workers, type, BLOCK * longest);
    Tensor[] outs = perWorker(workspace, workers, DType.F32, BLOCK * valueDim);
    int total = starts[starts.length - 1];
    compute
        .workers()
        .run(
            (starts.length - 1) * heads,
            (task, worker) -> {
              int s = task / heads;
              int h = task % heads;
              largest[task] =
                  forwardHead(
                      q_THD,
                      k_TGD,
                      v_TGV,
                      starts[s],
                      starts[s + 1],
                      h,
                      o_THV,
                      lse_HT,
                      total,
                      scores[worker],
                      probs[worker],
                      outs[worker]);
            });
    for (int task = 0; task < largest.length; task++) {
      largest_H[task % heads] = Math.max(largest_H[task % heads], largest[task]);
    }
    workspace.release(mark);
  }

  private float forwardHead(
      Tensor q,
      Tensor k,
      Tensor v,
      int start,
      int end,
      int h,
      Tensor o,
      Tensor lse,
      int total,
      Tensor scores,
      Tensor probs,
      Tensor out) {
    int g = h / (heads / keyHeads);
    MatMul matMul = compute.matMul();
    MemorySegment os = o.segment();
    MemorySegment outs = out.segment();
    boolean bf16 = type == DType.BF16;
    float largest = Float.NEGATIVE_INFINITY;
    for (int q0 = start; q0 < end; q0 += BLOCK) {
      int rows = Math.min(BLOCK, end - q0);
      int keys = q0 + rows - start;
      Mat s_BK = Mat.of(scores, rows, keys);
      matMul.multiply(query(q, q0, rows, h), Op.N, key(k, start, keys, g), Op.T, s_BK);
      largest =
          Math.max(
              largest,
              softmaxRows(scores, probs, rows, keys, q0 - start, lse, (long) h * total + q0));
      Mat out_BV = Mat.of(out, rows, valueDim);
      matMul.multiply(Mat.of(probs, rows, keys), Op.N, value(v, start, keys, g), Op.N, out_BV);
      for (int r = 0; r < rows; r++) {
        copy(
            outs,
            (long) r * valueDim,
            bf16,
            os,
            ((long) (q0 + r) * heads + h) * valueDim,
            valueDim);
      }
    }
    return largest;
  }

  private Mat query(Tensor q, int from, int rows, int h) {
    return new Mat(q, ((long) from * heads + h) * queryDim, rows, queryDim, heads * queryDim);
  }

  private Mat key(Tensor k, int from, int rows, int g) {
    return new Mat(k, ((long) from * keyHeads + g) * queryDim, rows, queryDim, keyHeads * queryDim);
  }

  private Mat value(Tensor v, int from, int rows, int g) {
    return new Mat(v, ((long) from * keyHeads + g) * valueDim, rows, valueDim, keyHeads * valueDim);
  }

  private Mat output(Tensor o, int from, int rows, int h) {
    return new Mat(o, ((long) from * heads + h) * valueDim, rows, valueDim, heads * valueDim);
  }

  private static void copy(
      MemorySegment in, long i, boolean bf16, MemorySegment out, long o, int n) {
    if (bf16) {
      Bf16.narrow(in, i, out, o, n);
    } else {
      MemorySegment.copy(in, i * 4, out, o * 4, n * 4L);
    }
  }

  /** Row r sees keys 0 to first + r; later ones get probability 0. Returns the largest score. */
  private float softmaxRows(
      Tensor scores, Tensor probs, int rows, int keys, int first, Tensor lse, long lseAt) {
    MemorySegment s = scores.segment();
    MemorySegment p = probs.segment();
    MemorySegment l = lse.segment();
    boolean bf16 = probs.type() == DType.BF16;
    float largest = Float.NEGATIVE_INFINITY;
    FloatVector factor = FloatVector.broadcast(Vec.F, scale);
    for (int r = 0; r < rows; r++) {
      long row = (long) r * keys;
      int n = first + r + 1;
      int full = Vec.bound(n);
      VectorMask<Float> m = Vec.tail(full, n);
      FloatVector top = FloatVector.broadcast(Vec.F, Float.NEGATIVE_INFINITY);
      for (int i = 0; i < full; i += Vec.LANES) {
        top = top.max(Vec.load(s, row + i));
      }
      if (full < n) {
        top = top.lanewise(VectorOperators.MAX, Vec.load(s, row + full, m), m);
      }
      float max = top.reduceLanes(VectorOperators.MAX) * scale;
      largest = Math.max(largest, max);
      FloatVector minus = FloatVector.broadcast(Vec.F, -max);
      FloatVector sum = FloatVector.zero(Vec.F);
      for (int i = 0; i < full; i += Vec.LANES) {
        FloatVector e = Vec.exp(Vec.load(s, row + i).fma(factor, minus));
        sum = sum.add(e);
        Vec.store(e, s, row + i);
      }
      if (full < n) {
        FloatVector e = Vec.exp(Vec.load(s, row + full, m).fma(factor, minus));
        sum = sum.add(e, m);
        Vec.store(e, s, row + full, m);
      }
      float total = Vec.sum(sum);
      float inv = 1 / total;
      l.setAtIndex(ValueLayout.JAVA_FLOAT, lseAt + r, (float) (max + Math.log(total)));
      for (int i = 0; i < full; i += Vec.LANES) {
        Vec.put(bf16, Vec.load(s, row + i).mul(inv), p, row + i);
      }
      if (full < n) {
        Vec.put(bf16, Vec.load(s, row + full, m).mul(inv), p, row + full, m);
      }
      zero(p, bf16, row + n, keys - n);
    }
    return largest;
  }

  private static void zero(MemorySegment s, boolean bf16, long from, int n) {
    long width = bf16 ? 2 : 4;
    s.asSlice(from * width, n * width).fill((byte) 0);
  }

  /**
   * Gradients of {@link #forward}.
   *
   * @param do_THV gradient of the outputs, of the element type
   * @param dq_THD receives the gradient of the queries, F32
   * @param dk_TGD receives the gradient of the keys, F32
   * @param dv_TGV receives the gradient of the values, F32
   */
  public void backward(
      Tensor q_THD,
      Tensor k_TGD,
      Tensor v_TGV,
      int[] starts,
      Tensor lse_HT,
      Tensor do_THV,
      Tensor dq_THD,
      Tensor dk_TGD,
      Tensor dv_TGV,
      Workspace workspace) {
    Workspace.Mark mark = workspace.mark();
    int workers = compute.workers().threads();
    int longest = longest(starts);
    Tensor[] scores = perWorker(workspace, workers, DType.F32, BLOCK * longest);
    Tensor[] dProbs = perWorker(workspace, workers, DType.F32, BLOCK * longest);
    Tensor[] probs = perWorker(workspace, workers, type, BLOCK * longest);
    Tensor[] dScores = perWorker(workspace, workers, type, BLOCK * longest);
    int total = starts[starts.length - 1];
    int group = heads / keyHeads;
    MatMul matMul = compute.matMul();
    compute
        .workers()
        .run(
            (starts.length - 1) * keyHeads,
            (task, worker) -> {
              int s = task / keyHeads;
              int g = task % keyHeads;
              int start = starts[s];
              int end = starts[s + 1];
              // Blocks run from the last to the first: the last one sees every key and overwrites,
              // the others add, so that nothing needs zeroing.
              boolean first = true;
              for (int h = g * group; h < (g + 1) * group; h++) {
                int blocks = (end - start + BLOCK - 1) / BLOCK;
                for (int b = blocks - 1; b >= 0; b--) {
                  int q0 = start + b * BLOCK;
                  int rows = Math.min(BLOCK, end - q0);
                  int keys = q0 + rows - start;
                  boolean add = !first;
                  first = false;
                  Mat q = query(q_THD, q0, rows, h);
                  Mat k = key(k_TGD, start, keys, g);
                  Mat dOut = output(do_THV, q0, rows, h);
                  matMul.multiply(q, Op.N, k, Op.T, Mat.of(scores[worker], rows, keys));
                  matMul.multiply(
                      dOut,
                      Op.N,
                      value(v_TGV, start, keys, g),
                      Op.T,
                      Mat.of(dProbs[worker], rows, keys));
                  softmaxBackward(
                      scores[worker],
                      dProbs[worker],
                      probs[worker],
                      dScores[worker],
                      rows,
                      keys,
                      q0 - start,
                      lse_HT,
                      (long) h * total + q0);
                  Mat p = Mat.of(probs[worker], rows, keys);
                  Mat ds = Mat.of(dScores[worker], rows, keys);
                  matMul.multiply(p, Op.T, dOut, Op.N, value(dv_TGV, start, keys, g), add);
                  matMul.multiply(ds, Op.T, q, Op.N, key(dk_TGD, start, keys, g), add);
                  matMul.multiply(ds, Op.N, k, Op.N, query(dq_THD, q0, rows, h));
                }
              }
            });
    workspace.release(mark);
  }

  /** P = exp(scale S - lse); dS = scale P (dP - sum(P dP)); both written in the element type. */
  private void softmaxBackward(
      Tensor scores,
      Tensor dProbs,
      Tensor probs,
      Tensor dScores,
      int rows,
      int keys,
      int first,
      Tensor lse,
      long lseAt) {
    MemorySegment s = scores.segment();
    MemorySegment dp = dProbs.segment();
    MemorySegment p = probs.segment();
    MemorySegment ds = dScores.segment();
    MemorySegment l = lse.segment();
    boolean bf16 = type == DType.BF16;
    FloatVector factor = FloatVector.broadcast(Vec.F, scale);
    for (int r = 0; r < rows; r++) {
      long row = (long) r * keys;
      int n = first + r + 1;
      int full = Vec.bound(n);
      VectorMask<Float> m = Vec.tail(full, n);
      float norm = l.getAtIndex(ValueLayout.JAVA_FLOAT, lseAt + r);
      FloatVector minus = FloatVector.broadcast(Vec.F, -norm);
      FloatVector dot = FloatVector.zero(Vec.F);
      for (int i = 0; i < full; i += Vec.LANES) {
        FloatVector e = Vec.exp(Vec.load(s, row + i).fma(factor, minus));
        dot = e.fma(Vec.load(dp, row + i), dot);
        Vec.store(e, s, row + i);
        Vec.put(bf16, e, p, row + i);
      }
      if (full < n) {
        FloatVector e = Vec.exp(Vec.load(s, row + full, m).fma(factor, minus));
        dot = dot.add(e.mul(Vec.load(dp, row + full, m)), m);
        Vec.store(e, s, row + full, m);
        Vec.put(bf16, e, p, row + full, m);
      }
      float delta = Vec.sum(dot);
      for (int i = 0; i < full; i += Vec.LANES) {
        FloatVector d = Vec.load(dp, row + i).sub(delta).mul(Vec.load(s, row + i)).mul(scale);
        Vec.put(bf16, d, ds, row + i);
      }
      if (full < n) {
        FloatVector d =
            Vec.load(dp, row + full, m).sub(delta).mul(Vec.load(s, row + full, m)).mul(scale);
        Vec.put(bf16, d, ds, row + full, m);
      }
      zero(p, bf16, row + n, keys - n);
      zero(ds, bf16, row + n, keys - n);
    }
  }
}

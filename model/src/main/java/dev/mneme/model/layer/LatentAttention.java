package dev.mneme.model.layer;

import dev.mneme.model.Attention;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.kernel.Bf16;
import dev.mneme.model.kernel.CausalAttention;
import dev.mneme.model.kernel.Elementwise;
import dev.mneme.model.kernel.Mat;
import dev.mneme.model.kernel.MatMul.Op;
import dev.mneme.model.kernel.RotaryTable;
import dev.mneme.model.kernel.Rows;
import dev.mneme.model.layer.Parameter.Role;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1) in its expanded form:
 * keys and values are unfolded from the latent, as training and prefill want it.
 *
 * <p>The projections that read the residual stream (of the query or its latent, of the key-value
 * latent, of the rotated key) are one product. Extra suffixes: Q the query's part of that product
 * (its latent rank, or all query heads), A the whole product, P = N + R one query head.
 */
final class LatentAttention implements Mixer {
  private final Attention.Mla shape;
  private final RotaryTable rotary;
  private final float scale;
  private final int queryPart;
  private final int latent;
  private final int rope;
  private final int nope;
  private final int head;
  private final int value;
  private final int heads;
  private final Weight a_AD;
  private final @Nullable Norm queryNorm;
  private final @Nullable Weight queryUp;
  private final Norm latentNorm;
  private final Weight keyValueUp;
  private final Weight out_DV;
  private final float[] largest_H;

  /**
   * @param prefix for example {@code model.layers.0.self_attn.}
   */
  LatentAttention(
      Parameters parameters,
      String prefix,
      ModelConfig config,
      Attention.Mla shape,
      RotaryTable rotary) {
    this.shape = shape;
    this.rotary = rotary;
    this.scale = config.rope().scoreScale();
    this.heads = shape.heads();
    this.nope = shape.qkNopeHeadDim();
    this.rope = shape.qkRopeHeadDim();
    this.head = nope + rope;
    this.value = shape.vHeadDim();
    this.latent = shape.kvLoraRank();
    int hidden = config.hiddenSize();
    double eps = config.rmsNormEps();
    Integer rank = shape.qLoraRank();
    this.queryPart = rank == null ? heads * head : rank;
    String query = rank == null ? "q_proj.weight" : "q_a_proj.weight";
    this.a_AD =
        parameters
            .stack(hidden)
            .add(Role.MATRIX, prefix + query, queryPart)
            .add(Role.MATRIX, prefix + "kv_a_proj_with_mqa.weight", latent + rope)
            .weight();
    if (rank == null) {
      this.queryNorm = null;
      this.queryUp = null;
    } else {
      this.queryNorm = new Norm(parameters, prefix + "q_a_layernorm.weight", rank, eps);
      this.queryUp = parameters.matrix(Role.MATRIX, prefix + "q_b_proj.weight", heads * head, rank);
    }
    this.latentNorm = new Norm(parameters, prefix + "kv_a_layernorm.weight", latent, eps);
    this.keyValueUp =
        parameters.matrix(Role.MATRIX, prefix + "kv_b_proj.weight", heads * (nope + value), latent);
    this.out_DV =
        parameters.matrix(Role.OUTPUT_MATRIX, prefix + "o_proj.weight", hidden, heads * value);
    this.largest_H = new float[heads];
  }

  /**
   * @param queryInv reciprocal roots of the query latent, or null without one
   */
  private record Kept(
      Tensor a_TA,
      @Nullable Tensor queryInv,
      @Nullable Tensor query_TQ,
      Tensor latentInv,
      Tensor latent_TL,
      Tensor q_THP,
      Tensor k_THP,
      Tensor v_THV,
      Tensor o_THV,
      Tensor lse_HT)
      implements Tape {}

  private CausalAttention core(Pass pass) {
    return new CausalAttention(pass.compute(), pass.products(), heads, heads, head, value, scale);
  }

  @Override
  public Tape forward(Pass pass, Tensor h_TD, Tensor x_TD) {
    int t = h_TD.rows();
    int[] position = pass.offsets();
    Tensor a = pass.linear(h_TD, a_AD);
    Tensor latents = pass.input(t, latent);
    Tensor latentInv = latentNorm.forward(pass, Rows.at(a, queryPart), Rows.of(latents), t);
    Tensor queries = null;
    Tensor queryInv = null;
    if (queryNorm != null) {
      queries = pass.input(t, queryPart);
      queryInv = queryNorm.forward(pass, Rows.of(a), Rows.of(queries), t);
    }
    Tensor q = pass.input(t, heads, head);
    Tensor k = pass.input(t, heads, head);
    Tensor v = pass.input(t, heads, value);
    Tensor o = pass.input(t, (long) heads * value);
    Tensor lse = pass.f32(heads, t);
    var mark = pass.workspace().mark();
    Tensor qRaw = queryUp == null || queries == null ? a : pass.linear(queries, queryUp);
    Tensor kv = pass.linear(latents, keyValueUp);
    pass.rows(t, (from, to) -> rotateQueries(qRaw, q, position, from, to));
    pass.rows(t, (from, to) -> expandKeys(a, kv, k, v, position, from, to));
    core(pass).forward(q, k, v, pass.starts(), o, lse, largest_H, pass.workspace());
    pass.linearAdd(o, out_DV, x_TD);
    pass.workspace().release(mark);
    return new Kept(a, queryInv, queries, latentInv, latents, q, k, v, o, lse);
  }

  /** Copies the unrotated part of each head, rotates the rest. */
  private void rotateQueries(Tensor raw, Tensor q, int[] position, int from, int to) {
    MemorySegment in = raw.segment();
    MemorySegment out = q.segment();
    boolean bf16 = q.type() == DType.BF16;
    int stride = raw.cols();
    for (int t = from; t < to; t++) {
      for (int h = 0; h < heads; h++) {
        long i = (long) t * stride + (long) h * head;
        long o = ((long) t * heads + h) * head;
        copy(in, i, bf16, out, o, nope);
        rotary.rotate(position[t], in, i + nope, bf16, out, o + nope, false);
      }
    }
  }

  /** Unfolds keys (own part per head, one rotated part for all) and values. */
  private void expandKeys(
      Tensor a, Tensor kv, Tensor k, Tensor v, int[] position, int from, int to) {
    MemorySegment as = a.segment();
    MemorySegment kvs = kv.segment();
    MemorySegment ks = k.segment();
    MemorySegment vs = v.segment();
    boolean bf16 = k.type() == DType.BF16;
    for (int t = from; t < to; t++) {
      long shared = (long) t * a.cols() + queryPart + latent;
      for (int h = 0; h < heads; h++) {
        long i = (long) t * kv.cols() + (long) h * (nope + value);
        long o = ((long) t * heads + h) * head;
        copy(kvs, i, bf16, ks, o, nope);
        rotary.rotate(position[t], as, shared, bf16, ks, o + nope, false);
        copy(kvs, i + nope, bf16, vs, ((long) t * heads + h) * value, value);
      }
    }
  }

  private static void copy(
      MemorySegment in, long i, boolean bf16, MemorySegment out, long o, int n) {
    if (bf16) {
      Bf16.narrow(in, i, out, o, n);
    } else {
      MemorySegment.copy(in, i * 4, out, o * 4, n * 4L);
    }
  }

  @Override
  public Tensor backward(Pass pass, Tape tape, Tensor h_TD, Tensor g_TD) {
    Kept kept = (Kept) tape;
    int t = h_TD.rows();
    int[] position = pass.offsets();
    Tensor dh = pass.f32(t, h_TD.cols());
    var mark = pass.workspace().mark();
    Tensor dO = pass.round(pass.linearBackward(g_TD, out_DV));
    pass.accumulate(g_TD, kept.o_THV(), out_DV);
    Tensor dq = pass.f32(t, heads, head);
    Tensor dk = pass.f32(t, heads, head);
    Tensor dv = pass.f32(t, heads, value);
    core(pass)
        .backward(
            kept.q_THP(),
            kept.k_THP(),
            kept.v_THV(),
            pass.starts(),
            kept.lse_HT(),
            dO,
            dq,
            dk,
            dv,
            pass.workspace());
    Tensor da = pass.input(t, a_AD.rows());
    Tensor dkv = pass.input(t, (long) heads * (nope + value));
    pass.rows(t, (from, to) -> foldKeys(dk, dv, dkv, da, position, from, to));
    Tensor latents = kept.latent_TL();
    pass.accumulate(dkv, latents, keyValueUp);
    Tensor dLatent = pass.linearBackward(dkv, keyValueUp);
    latentNorm.backward(
        pass,
        Rows.at(kept.a_TA(), queryPart),
        kept.latentInv(),
        Rows.of(dLatent),
        Rows.at(da, queryPart),
        t,
        false);
    Tensor queries = kept.query_TQ();
    Tensor queryInv = kept.queryInv();
    if (queryUp != null && queryNorm != null && queries != null && queryInv != null) {
      Tensor dqRaw = pass.input(t, (long) heads * head);
      pass.rows(t, (from, to) -> unrotateQueries(dq, dqRaw, position, from, to));
      pass.accumulate(dqRaw, queries, queryUp);
      Tensor dQuery = pass.linearBackward(dqRaw, queryUp);
      queryNorm.backward(
          pass, Rows.of(kept.a_TA()), queryInv, Rows.of(dQuery), Rows.of(da), t, false);
    } else {
      pass.rows(t, (from, to) -> unrotateQueries(dq, da, position, from, to));
    }
    pass.accumulate(da, h_TD, a_AD);
    pass.compute().multiply(Mat.of(da), Op.N, a_AD.mat(), Op.N, Mat.of(dh), false);
    pass.workspace().release(mark);
    return dh;
  }

  private void unrotateQueries(Tensor dq, Tensor out, int[] position, int from, int to) {
    MemorySegment in = dq.segment();
    MemorySegment os = out.segment();
    boolean bf16 = out.type() == DType.BF16;
    int stride = out.cols();
    for (int t = from; t < to; t++) {
      for (int h = 0; h < heads; h++) {
        long i = ((long) t * heads + h) * head;
        long o = (long) t * stride + (long) h * head;
        copy(in, i, bf16, os, o, nope);
        rotary.rotate(position[t], in, i + nope, bf16, os, o + nope, true);
      }
    }
  }

  /** The rotated key was shared by all heads, so their gradients add up before rotating back. */
  private void foldKeys(
      Tensor dk, Tensor dv, Tensor dkv, Tensor da, int[] position, int from, int to) {
    MemorySegment dks = dk.segment();
    MemorySegment dvs = dv.segment();
    MemorySegment dkvs = dkv.segment();
    boolean bf16 = dkv.type() == DType.BF16;
    for (int t = from; t < to; t++) {
      long first = (long) t * heads * head + nope;
      for (int h = 0; h < heads; h++) {
        long i = ((long) t * heads + h) * head;
        long o = ((long) t * heads + h) * (nope + value);
        copy(dks, i, bf16, dkvs, o, nope);
        copy(dvs, ((long) t * heads + h) * value, bf16, dkvs, o + nope, value);
        if (h > 0) {
          Elementwise.axpy(1, dks, i + nope, dks, first, rope);
        }
      }
      long shared = (long) t * da.cols() + queryPart + latent;
      rotary.rotate(position[t], dks, first, bf16, da.segment(), shared, true);
    }
  }

  @Override
  public float[] largestScores() {
    return largest_H;
  }

  /**
   * Unrotated parts of query and key share the factor; the rotated key belongs to all heads, so
   * there the query takes all of it.
   */
  @Override
  public void shrinkScores(int h, double factor) {
    Weight query = queryUp == null ? a_AD : queryUp;
    float root = (float) Math.sqrt(factor);
    query.scaleRows(h * head, nope, root);
    query.scaleRows(h * head + nope, rope, (float) factor);
    keyValueUp.scaleRows(h * (nope + value), nope, root);
  }

  @Override
  public Profile.Part part() {
    return Profile.Part.ATTENTION;
  }

  @Override
  public String toString() {
    return shape.toString();
  }
}

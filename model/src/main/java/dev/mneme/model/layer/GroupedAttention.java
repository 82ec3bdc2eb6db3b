package dev.mneme.model.layer;

import dev.mneme.model.Attention;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.kernel.Bf16;
import dev.mneme.model.kernel.CausalAttention;
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
 * Grouped-query attention (Ainslie et al. 2023, arXiv 2305.13245) with rotation of whole heads and,
 * where the configuration says so, an RMSNorm of each query and key head before it.
 *
 * <p>Queries, keys and values come from one product. Extra suffixes: G key heads, P head width, A
 * the product's width (H + 2 G) P.
 */
final class GroupedAttention implements Mixer {
  private final RotaryTable rotary;
  private final float scale;
  private final int heads;
  private final int keyHeads;
  private final int head;
  private final Weight qkv_AD;
  private final @Nullable Norm queryNorm;
  private final @Nullable Norm keyNorm;
  private final Weight out_DV;
  private final float[] largest_H;

  /**
   * @param prefix for example {@code model.layers.0.self_attn.}
   */
  GroupedAttention(
      Parameters parameters,
      String prefix,
      ModelConfig config,
      Attention.Gqa shape,
      RotaryTable rotary) {
    this.rotary = rotary;
    this.scale = config.rope().scoreScale();
    this.heads = shape.heads();
    this.keyHeads = shape.kvHeads();
    this.head = shape.headDim();
    int hidden = config.hiddenSize();
    this.qkv_AD =
        parameters
            .stack(hidden)
            .add(Role.MATRIX, prefix + "q_proj.weight", heads * head)
            .add(Role.MATRIX, prefix + "k_proj.weight", keyHeads * head)
            .add(Role.MATRIX, prefix + "v_proj.weight", keyHeads * head)
            .weight();
    double eps = config.rmsNormEps();
    this.queryNorm =
        shape.qkNorm() ? new Norm(parameters, prefix + "q_norm.weight", head, eps) : null;
    this.keyNorm =
        shape.qkNorm() ? new Norm(parameters, prefix + "k_norm.weight", head, eps) : null;
    this.out_DV =
        parameters.matrix(Role.OUTPUT_MATRIX, prefix + "o_proj.weight", hidden, heads * head);
    this.largest_H = new float[heads];
  }

  /**
   * @param raw_TA the product, before head norms
   */
  private record Kept(
      Tensor raw_TA,
      @Nullable Tensor queryInv,
      @Nullable Tensor keyInv,
      Tensor q_THP,
      Tensor k_TGP,
      Tensor v_TGP,
      Tensor o_THP,
      Tensor lse_HT)
      implements Tape {}

  private CausalAttention core(Pass pass) {
    return new CausalAttention(pass.compute(), pass.products(), heads, keyHeads, head, head, scale);
  }

  /** The query heads, or the key heads, of a tensor laid out as the product. */
  private Rows queryRows(Tensor a) {
    return new Rows(a, 0, a.cols(), heads, head);
  }

  private Rows keyRows(Tensor a) {
    return new Rows(a, (long) heads * head, a.cols(), keyHeads, head);
  }

  @Override
  public Tape forward(Pass pass, Tensor h_TD, Tensor x_TD) {
    int t = h_TD.rows();
    int[] position = pass.offsets();
    Tensor raw = pass.linear(h_TD, qkv_AD);
    Tensor q = pass.input(t, heads, head);
    Tensor k = pass.input(t, keyHeads, head);
    Tensor v = pass.input(t, keyHeads, head);
    Tensor o = pass.input(t, (long) heads * head);
    Tensor lse = pass.f32(heads, t);
    Tensor queryInv = null;
    Tensor keyInv = null;
    Tensor normed = raw;
    if (queryNorm != null && keyNorm != null) {
      normed = pass.f32(t, raw.cols());
      queryInv = queryNorm.forward(pass, queryRows(raw), queryRows(normed), t * heads);
      keyInv = keyNorm.forward(pass, keyRows(raw), keyRows(normed), t * keyHeads);
    }
    Tensor heads_TA = normed;
    pass.rows(t, (from, to) -> rotate(heads_TA, raw, q, k, v, position, from, to));
    core(pass).forward(q, k, v, pass.starts(), o, lse, largest_H, pass.workspace());
    pass.linearAdd(o, out_DV, x_TD);
    return new Kept(raw, queryInv, keyInv, q, k, v, o, lse);
  }

  private void rotate(
      Tensor normed, Tensor raw, Tensor q, Tensor k, Tensor v, int[] position, int from, int to) {
    MemorySegment in = normed.segment();
    boolean bf16 = q.type() == DType.BF16;
    int stride = raw.cols();
    for (int t = from; t < to; t++) {
      long row = (long) t * stride;
      for (int h = 0; h < heads; h++) {
        long o = ((long) t * heads + h) * head;
        rotary.rotate(position[t], in, row + (long) h * head, bf16, q.segment(), o, false);
      }
      for (int g = 0; g < keyHeads; g++) {
        long o = ((long) t * keyHeads + g) * head;
        long key = row + (long) (heads + g) * head;
        rotary.rotate(position[t], in, key, bf16, k.segment(), o, false);
        Bf16.convert(raw, row + (long) (heads + keyHeads + g) * head, v, o, head);
      }
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
    pass.accumulate(g_TD, kept.o_THP(), out_DV);
    Tensor dq = pass.f32(t, heads, head);
    Tensor dk = pass.f32(t, keyHeads, head);
    Tensor dv = pass.f32(t, keyHeads, head);
    core(pass)
        .backward(
            kept.q_THP(),
            kept.k_TGP(),
            kept.v_TGP(),
            pass.starts(),
            kept.lse_HT(),
            dO,
            dq,
            dk,
            dv,
            pass.workspace());
    Tensor da = pass.input(t, qkv_AD.rows());
    Tensor queryInv = kept.queryInv();
    Tensor keyInv = kept.keyInv();
    if (queryNorm != null && keyNorm != null && queryInv != null && keyInv != null) {
      Tensor back = pass.f32(t, qkv_AD.rows());
      pass.rows(t, (from, to) -> unrotate(dq, dk, dv, back, da, position, from, to));
      Tensor raw = kept.raw_TA();
      queryNorm.backward(
          pass, queryRows(raw), queryInv, queryRows(back), queryRows(da), t * heads, false);
      keyNorm.backward(pass, keyRows(raw), keyInv, keyRows(back), keyRows(da), t * keyHeads, false);
    } else {
      pass.rows(t, (from, to) -> unrotate(dq, dk, dv, da, da, position, from, to));
    }
    pass.accumulate(da, h_TD, qkv_AD);
    pass.compute().multiply(Mat.of(da), Op.N, qkv_AD.mat(), Op.N, Mat.of(dh), false);
    pass.workspace().release(mark);
    return dh;
  }

  /** Queries and keys go to {@code rotated}, values to {@code da}. */
  private void unrotate(
      Tensor dq,
      Tensor dk,
      Tensor dv,
      Tensor rotated,
      Tensor da,
      int[] position,
      int from,
      int to) {
    boolean bf16 = rotated.type() == DType.BF16;
    MemorySegment out = rotated.segment();
    int stride = da.cols();
    for (int t = from; t < to; t++) {
      long row = (long) t * stride;
      for (int h = 0; h < heads; h++) {
        long i = ((long) t * heads + h) * head;
        rotary.rotate(position[t], dq.segment(), i, bf16, out, row + (long) h * head, true);
      }
      for (int g = 0; g < keyHeads; g++) {
        long i = ((long) t * keyHeads + g) * head;
        long key = row + (long) (heads + g) * head;
        rotary.rotate(position[t], dk.segment(), i, bf16, out, key, true);
        Bf16.convert(dv, i, da, row + (long) (heads + keyHeads + g) * head, head);
      }
    }
  }

  @Override
  public float[] largestScores() {
    return largest_H;
  }

  /**
   * A key head may serve several query heads, so the query takes all of the factor. Where queries
   * are normalised, their norm's weight serves all heads and their own weights have no effect on
   * the scores: such a head cannot be clipped, and its scores cannot run away.
   */
  @Override
  public void shrinkScores(int h, double factor) {
    if (queryNorm == null) {
      qkv_AD.scaleRows(h * head, head, (float) factor);
    }
  }

  @Override
  public Profile.Part part() {
    return Profile.Part.ATTENTION;
  }
}

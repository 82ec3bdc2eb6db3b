package dev.mneme.model.serve;

import static dev.mneme.model.serve.PackedMatrix.pad;

import dev.mneme.model.Attention;
import org.jspecify.annotations.Nullable;

/**
 * Grouped-query attention (arXiv 2305.13245). The cache holds {@code [keys | values]} of all
 * key/value heads a token.
 */
final class GqaLayer implements AttentionLayer {
  /** Buffers and offsets that all layers of a model share. */
  static final class Scratch {
    final int head;
    final int cacheWidth;
    final float[] qkv;
    final float[] values;
    final float[] out;
    final CachedAttention attention;
    final int[] qkvStarts;
    final int[] valueStarts;
    final int[] outStarts;

    Scratch(Attention.Gqa a, int hiddenSize, int maxPositions, Team team) {
      head = pad(a.headDim());
      cacheWidth = 2 * a.kvHeads() * head;
      int width = (a.heads() + 2 * a.kvHeads()) * head;
      qkv = Batch.floats(width);
      values = Batch.floats(a.heads() * head);
      out = Batch.floats(pad(hiddenSize));
      qkvStarts = Batch.starts(width);
      valueStarts = Batch.starts(a.heads() * head);
      outStarts = Batch.starts(pad(hiddenSize));
      var all = new CachedAttention.Head[a.heads()];
      for (int i = 0; i < all.length; i++) {
        int group = i / (a.heads() / a.kvHeads());
        all[i] =
            new CachedAttention.Head(
                Batch.starts(width, i * head, Batch.MAX_ROWS),
                group * head,
                (a.kvHeads() + group) * head,
                Batch.starts(a.heads() * head, i * head, Batch.MAX_ROWS));
      }
      attention = new CachedAttention(team, maxPositions, all, qkv, values, head, head);
    }
  }

  /**
   * The weights of one layer.
   *
   * @param qkv queries, keys and values of all heads
   * @param queryNorm null without QK-norm
   * @param keyNorm null without QK-norm
   */
  @SuppressWarnings("ArrayRecordComponent") // only ever read, never compared
  record Parts(
      PackedMatrix qkv,
      float @Nullable [] queryNorm,
      float @Nullable [] keyNorm,
      PackedMatrix out) {}

  private final int layer;
  private final Attention.Gqa shape;
  private final Parts w;
  private final Scratch s;
  private final float scale;
  private final float eps;

  GqaLayer(int layer, Attention.Gqa shape, Parts w, Scratch s, float scale, float eps) {
    this.layer = layer;
    this.shape = shape;
    this.w = w;
    this.s = s;
    this.scale = scale;
    this.eps = eps;
  }

  @Override
  public int cacheWidth() {
    return s.cacheWidth;
  }

  @Override
  public void run(Batch b, int t) {
    b.multiply(w.qkv(), b.h, b.starts, s.qkv, s.qkvStarts, t);
    b.team.barrier();
    rotateAndCache(b, t);
    b.team.barrier();
    s.attention.run(b, layer, s.cacheWidth, scale, t);
    b.team.barrier();
    b.multiplyAdd(w.out(), s.values, s.valueStarts, s.out, s.outStarts, t);
    b.team.barrier();
  }

  private void rotateAndCache(Batch b, int t) {
    for (int i = b.team.share(b.rows, t); i < b.team.share(b.rows, t + 1); i++) {
      int position = b.positions[i];
      for (int head = 0; head < shape.heads() + shape.kvHeads(); head++) {
        int at = s.qkvStarts[i] + head * s.head;
        float[] norm = head < shape.heads() ? w.queryNorm() : w.keyNorm();
        if (norm != null) {
          Rows.rmsNorm(s.qkv, at, norm, shape.headDim(), s.head, eps, s.qkv, at);
        }
        b.rope.rotate(s.qkv, at, position);
      }
      NativeSequence sequence = b.sequence(i);
      sequence.put(layer, position, s.qkv, s.qkvStarts[i] + shape.heads() * s.head);
    }
  }
}

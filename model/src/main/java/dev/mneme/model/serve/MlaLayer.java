package dev.mneme.model.serve;

import static dev.mneme.model.serve.PackedMatrix.pad;

import dev.mneme.model.Attention;
import org.jspecify.annotations.Nullable;

/**
 * Latent attention in absorbed form (arXiv 2405.04434, section 2.1.2): the query is multiplied by
 * the key expansion once, then scores and sums run over the latents themselves, and the value
 * expansion is applied to the sum. The cache holds {@code [latent | rotated key]} a token.
 *
 * <p>Stages, each shared out over the team: down projections, norms and rotation of the shared key,
 * queries, absorption, attention, value expansion, output.
 */
final class MlaLayer implements AttentionLayer {
  /** Buffers and offsets that all layers of a model share. */
  static final class Scratch {
    final int latent;
    final int ropeWidth;
    final int nopeWidth;
    final int valueWidth;
    final int queryLatent;
    final int cacheWidth;
    final float[] down;
    final float[] query;
    final float[] absorbed;
    final float[] mixed;
    final float[] values;
    final float[] out;
    final CachedAttention attention;
    final int[] downStarts;
    final int[] queryStarts;
    final int[] valueStarts;
    final int[] outStarts;
    final int[][] nopeStarts;
    final int[][] absorbedStarts;
    final int[][] mixedStarts;
    final int[][] valueHeadStarts;

    Scratch(Attention.Mla a, int hiddenSize, int maxPositions, Team team) {
      latent = pad(a.kvLoraRank());
      ropeWidth = pad(a.qkRopeHeadDim());
      nopeWidth = pad(a.qkNopeHeadDim());
      valueWidth = pad(a.vHeadDim());
      Integer rank = a.qLoraRank();
      queryLatent = rank == null ? 0 : pad(rank);
      cacheWidth = latent + ropeWidth;
      int heads = a.heads();
      int downWidth = queryLatent + cacheWidth;
      int head = nopeWidth + ropeWidth;
      down = Batch.floats(downWidth);
      query = Batch.floats(heads * head);
      absorbed = Batch.floats(heads * cacheWidth);
      mixed = Batch.floats(heads * latent);
      values = Batch.floats(heads * valueWidth);
      out = Batch.floats(pad(hiddenSize));
      downStarts = Batch.starts(downWidth);
      queryStarts = Batch.starts(heads * head);
      valueStarts = Batch.starts(heads * valueWidth);
      outStarts = Batch.starts(pad(hiddenSize));
      nopeStarts = new int[heads][];
      absorbedStarts = new int[heads][];
      mixedStarts = new int[heads][];
      valueHeadStarts = new int[heads][];
      for (int i = 0; i < heads; i++) {
        nopeStarts[i] = Batch.starts(heads * head, i * head, Batch.MAX_ROWS);
        absorbedStarts[i] = Batch.starts(heads * cacheWidth, i * cacheWidth, Batch.MAX_ROWS);
        mixedStarts[i] = Batch.starts(heads * latent, i * latent, Batch.MAX_ROWS);
        valueHeadStarts[i] = Batch.starts(heads * valueWidth, i * valueWidth, Batch.MAX_ROWS);
      }
      var all = new CachedAttention.Head[heads];
      for (int i = 0; i < heads; i++) {
        // The latent is both key and value, of all heads.
        all[i] = new CachedAttention.Head(absorbedStarts[i], 0, 0, mixedStarts[i]);
      }
      attention = new CachedAttention(team, maxPositions, all, absorbed, mixed, cacheWidth, latent);
    }
  }

  /**
   * The weights of one layer.
   *
   * @param down {@code [q_a | latent | rope key]} from the stream
   * @param queryNorm null where queries are projected directly
   * @param query {@code [nope | rope]} of each head
   * @param absorbKey per head, from nope to latent
   * @param expandValue per head, from latent to value
   */
  @SuppressWarnings("ArrayRecordComponent") // only ever read, never compared
  record Parts(
      PackedMatrix down,
      float @Nullable [] queryNorm,
      float[] latentNorm,
      PackedMatrix query,
      PackedMatrix[] absorbKey,
      PackedMatrix[] expandValue,
      PackedMatrix out) {}

  private final int layer;
  private final Attention.Mla shape;
  private final Parts w;
  private final Scratch s;
  private final float scale;
  private final float eps;

  MlaLayer(int layer, Attention.Mla shape, Parts w, Scratch s, float scale, float eps) {
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
    b.multiply(w.down(), b.h, b.starts, s.down, s.downStarts, t);
    b.team.barrier();
    cacheLatents(b, t);
    b.team.barrier();
    if (w.queryNorm() == null) {
      b.multiply(w.query(), b.h, b.starts, s.query, s.queryStarts, t);
    } else {
      b.multiply(w.query(), s.down, s.downStarts, s.query, s.queryStarts, t);
    }
    b.team.barrier();
    absorbQueries(b, t);
    b.team.barrier();
    s.attention.run(b, layer, s.cacheWidth, scale, t);
    b.team.barrier();
    expandValues(b, t);
    b.team.barrier();
    b.multiplyAdd(w.out(), s.values, s.valueStarts, s.out, s.outStarts, t);
    b.team.barrier();
  }

  private void cacheLatents(Batch b, int t) {
    for (int i = b.team.share(b.rows, t); i < b.team.share(b.rows, t + 1); i++) {
      int at = s.downStarts[i];
      if (w.queryNorm() != null && shape.qLoraRank() != null) {
        Rows.rmsNorm(s.down, at, w.queryNorm(), shape.qLoraRank(), s.queryLatent, eps, s.down, at);
      }
      int c = at + s.queryLatent;
      Rows.rmsNorm(s.down, c, w.latentNorm(), shape.kvLoraRank(), s.latent, eps, s.down, c);
      b.rope.rotate(s.down, c + s.latent, b.positions[i]);
      NativeSequence sequence = b.sequence(i);
      sequence.put(layer, b.positions[i], s.down, c);
    }
  }

  private void absorbQueries(Batch b, int t) {
    int panels = s.latent / dev.mneme.model.kernel.Vec.LANES;
    int from = b.team.share(panels * shape.heads(), t);
    int to = b.team.share(panels * shape.heads(), t + 1);
    for (int head = from / panels; head * panels < to; head++) {
      w.absorbKey()[head].multiply(
          Math.max(0, from - head * panels),
          Math.min(panels, to - head * panels),
          b.rows,
          s.query,
          s.nopeStarts[head],
          s.absorbed,
          s.absorbedStarts[head],
          0);
    }
    int rotations = b.rows * shape.heads();
    for (int i = b.team.share(rotations, t); i < b.team.share(rotations, t + 1); i++) {
      int row = i / shape.heads();
      int head = i % shape.heads();
      int at = s.nopeStarts[head][row] + s.nopeWidth;
      b.rope.rotate(s.query, at, b.positions[row]);
      System.arraycopy(
          s.query, at, s.absorbed, s.absorbedStarts[head][row] + s.latent, s.ropeWidth);
    }
  }

  private void expandValues(Batch b, int t) {
    int panels = s.valueWidth / dev.mneme.model.kernel.Vec.LANES;
    int from = b.team.share(panels * shape.heads(), t);
    int to = b.team.share(panels * shape.heads(), t + 1);
    for (int head = from / panels; head * panels < to; head++) {
      w.expandValue()[head].multiply(
          Math.max(0, from - head * panels),
          Math.min(panels, to - head * panels),
          b.rows,
          s.mixed,
          s.mixedStarts[head],
          s.values,
          s.valueHeadStarts[head],
          0);
    }
  }
}

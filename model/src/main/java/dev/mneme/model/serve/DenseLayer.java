package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.LANES;

import dev.mneme.model.layer.Profile;

/** A feed-forward layer that every token takes whole. */
final class DenseLayer implements FeedForward {
  /** Buffers that all dense layers of a model share. */
  static final class Scratch {
    final float[] gateUp;
    final float[] gated;
    final float[] out;
    final int[] gateUpStarts;
    final int[] gatedStarts;
    final int[] outStarts;

    Scratch(int width, int hiddenSize) {
      int padded = PackedMatrix.pad(width);
      gateUp = Batch.floats(2 * padded);
      gated = Batch.floats(padded);
      out = Batch.floats(PackedMatrix.pad(hiddenSize));
      gateUpStarts = Batch.starts(2 * padded);
      gatedStarts = Batch.starts(padded);
      outStarts = Batch.starts(PackedMatrix.pad(hiddenSize));
    }
  }

  private final SwiGlu w;
  private final Scratch s;

  DenseLayer(SwiGlu w, Scratch s) {
    this.w = w;
    this.s = s;
  }

  @Override
  public Profile.Part part() {
    return Profile.Part.DENSE;
  }

  @Override
  public void run(Batch b, int t) {
    int from = b.team.share(w.pairs(), t);
    int to = b.team.share(w.pairs(), t + 1);
    b.multiply(w.gateUp(), 2 * from, 2 * to, b.rows, b.h, b.starts, s.gateUp, s.gateUpStarts, 0, t);
    for (int i = 0; i < b.rows; i++) {
      for (int p = from; p < to; p++) {
        Rows.swiGlu(
            s.gateUp, s.gateUpStarts[i] + 2 * p * LANES, s.gated, s.gatedStarts[i] + p * LANES);
      }
    }
    b.team.barrier();
    from = b.team.share(w.down().panels(), t);
    to = b.team.share(w.down().panels(), t + 1);
    b.multiply(w.down(), from, to, b.rows, s.gated, s.gatedStarts, s.out, s.outStarts, 0, t);
    for (int i = 0; i < b.rows; i++) {
      Rows.add(
          b.x,
          b.starts[i] + from * LANES,
          s.out,
          s.outStarts[i] + from * LANES,
          (to - from) * LANES);
    }
    b.team.barrier();
  }
}

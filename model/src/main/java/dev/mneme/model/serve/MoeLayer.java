package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.LANES;

import dev.mneme.model.Moe;
import dev.mneme.model.layer.Profile;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A mixture-of-experts layer (arXiv 2412.19437, section 2.1.2). Rows are sorted to their experts
 * and each expert multiplies its rows together; experts without rows are never touched, and no row
 * is ever dropped.
 *
 * <p>A <i>slot</i> is one (row, choice) pair; slot {@code row * expertsPerToken + choice}.
 */
final class MoeLayer implements FeedForward {
  /** Pairs of panels in one task of the first stage: few for few rows, to balance. */
  private static int chunk(Batch b) {
    return b.rows < 4 * Gemm.FEWEST_ROWS ? 2 : 8;
  }

  /** Buffers that all mixture layers of a model share. */
  static final class Scratch {
    final Moe moe;
    final float[] logits;
    final int[] logitStarts;
    final int[] chosen;
    final float[] weights;
    final int[] active;
    final int[] first;
    int actives;
    final int[] slotOfSorted;
    final int[] rowStarts;
    final int[] gateUpStarts;
    final int[] gatedStarts;
    final int[] outStarts;
    final float[] gateUp;
    final float[] gated;
    final float[] out;
    final int outWidth;
    final AtomicInteger task = new AtomicInteger();
    final float[][] scores;
    final float[][] biased;
    final int[] cursor;
    final DenseLayer.@Nullable Scratch shared;

    Scratch(Moe moe, int hiddenSize, Team team) {
      this.moe = moe;
      int slots = Batch.MAX_ROWS * moe.expertsPerToken();
      int experts = PackedMatrix.pad(moe.experts());
      int width = PackedMatrix.pad(moe.intermediateSize());
      outWidth = PackedMatrix.pad(hiddenSize);
      logits = Batch.floats(experts);
      logitStarts = Batch.starts(experts);
      chosen = new int[slots];
      weights = new float[slots];
      active = new int[moe.experts()];
      first = new int[moe.experts() + 1];
      cursor = new int[moe.experts()];
      slotOfSorted = new int[slots];
      rowStarts = new int[slots];
      gateUpStarts = Batch.starts(2 * width, 0, slots);
      gatedStarts = Batch.starts(width, 0, slots);
      outStarts = Batch.starts(outWidth, 0, slots);
      gateUp = new float[slots * 2 * width];
      gated = new float[slots * width + LANES];
      out = new float[slots * outWidth];
      scores = new float[team.size()][moe.experts()];
      biased = new float[team.size()][moe.experts()];
      shared =
          moe.sharedExperts() == 0
              ? null
              : new DenseLayer.Scratch(moe.sharedIntermediateSize(), hiddenSize);
    }
  }

  /**
   * The weights of one layer.
   *
   * @param router f32, from the stream to one logit an expert
   * @param bias added to scores for the choice only, or null
   */
  @SuppressWarnings("ArrayRecordComponent") // only ever read, never compared
  record Parts(
      PackedMatrix router, float @Nullable [] bias, SwiGlu[] experts, @Nullable SwiGlu shared) {}

  private final Parts w;
  private final Scratch s;

  MoeLayer(Parts w, Scratch s) {
    this.w = w;
    this.s = s;
  }

  @Override
  public Profile.Part part() {
    return Profile.Part.EXPERTS;
  }

  @Override
  public void run(Batch b, int t) {
    int from = b.team.share(b.rows, t);
    int to = b.team.share(b.rows, t + 1);
    if (to > from) {
      w.router()
          .multiply(
              0, w.router().panels(), to - from, b.h, b.starts, s.logits, s.logitStarts, from);
      for (int i = from; i < to; i++) {
        choose(i, s.scores[t], s.biased[t]);
      }
    }
    b.team.barrier();
    if (t == 0) {
      sort(b);
    }
    b.team.barrier();
    firstStage(b, t);
    b.team.barrier();
    secondStage(b, t);
    b.team.barrier();
  }

  /** Softmax of the router's logits of a row, into {@code to}. */
  void routerSoftmax(int row, float[] to, int at) {
    int experts = s.moe.experts();
    float max = Float.NEGATIVE_INFINITY;
    for (int e = 0; e < experts; e++) {
      to[at + e] = s.logits[s.logitStarts[row] + e];
      max = Math.max(max, to[at + e]);
    }
    double sum = 0;
    for (int e = 0; e < experts; e++) {
      to[at + e] = (float) Math.exp(to[at + e] - max);
      sum += to[at + e];
    }
    for (int e = 0; e < experts; e++) {
      to[at + e] = (float) (to[at + e] / sum);
    }
  }

  private void choose(int row, float[] scores, float[] biased) {
    Moe moe = s.moe;
    int experts = moe.experts();
    switch (moe.scoring()) {
      case SIGMOID -> {
        for (int e = 0; e < experts; e++) {
          float logit = s.logits[s.logitStarts[row] + e];
          scores[e] = (float) (1 / (1 + Math.exp(-logit)));
        }
      }
      case SOFTMAX -> routerSoftmax(row, scores, 0);
    }
    float[] bias = w.bias();
    for (int e = 0; e < experts; e++) {
      biased[e] = bias == null ? scores[e] : scores[e] + bias[e];
    }
    if (moe.groups() > moe.topkGroup()) {
      keepBestGroups(moe, biased);
    }
    int slot = row * moe.expertsPerToken();
    float sum = 0;
    for (int k = 0; k < moe.expertsPerToken(); k++) {
      int best = 0;
      for (int e = 1; e < experts; e++) {
        if (biased[e] > biased[best]) {
          best = e;
        }
      }
      biased[best] = Float.NEGATIVE_INFINITY;
      s.chosen[slot + k] = best;
      s.weights[slot + k] = scores[best];
      sum += scores[best];
    }
    float factor = (float) moe.routedScalingFactor();
    if (moe.normTopkProb()) {
      factor /= sum + 1e-20f;
    }
    for (int k = 0; k < moe.expertsPerToken(); k++) {
      s.weights[slot + k] *= factor;
    }
  }

  /**
   * Only experts of the best groups stay eligible. A group counts by its two best biased scores, or
   * by its best one where there is no bias (DeepSeek-V2).
   */
  private void keepBestGroups(Moe moe, float[] biased) {
    int size = moe.experts() / moe.groups();
    for (int dropped = 0; dropped < moe.groups() - moe.topkGroup(); dropped++) {
      int worst = -1;
      float worstScore = Float.POSITIVE_INFINITY;
      for (int g = moe.groups() - 1; g >= 0; g--) {
        float best = Float.NEGATIVE_INFINITY;
        float second = Float.NEGATIVE_INFINITY;
        for (int e = g * size; e < (g + 1) * size; e++) {
          if (biased[e] > best) {
            second = best;
            best = biased[e];
          } else if (biased[e] > second) {
            second = biased[e];
          }
        }
        float score = w.bias() == null || size == 1 ? best : best + second;
        if (best > Float.NEGATIVE_INFINITY && score < worstScore) {
          worstScore = score;
          worst = g;
        }
      }
      Arrays.fill(biased, worst * size, (worst + 1) * size, Float.NEGATIVE_INFINITY);
    }
  }

  /** Counting sort of the slots by expert; ties keep the order of rows. */
  private void sort(Batch b) {
    int slots = b.rows * s.moe.expertsPerToken();
    int experts = s.moe.experts();
    Arrays.fill(s.first, 0);
    for (int i = 0; i < slots; i++) {
      s.first[s.chosen[i] + 1]++;
    }
    s.actives = 0;
    for (int e = 0; e < experts; e++) {
      if (s.first[e + 1] > 0) {
        s.active[s.actives++] = e;
      }
      s.first[e + 1] += s.first[e];
      s.cursor[e] = s.first[e];
    }
    for (int i = 0; i < slots; i++) {
      int at = s.cursor[s.chosen[i]]++;
      s.slotOfSorted[at] = i;
      s.rowStarts[at] = b.starts[i / s.moe.expertsPerToken()];
    }
    s.task.set(0);
  }

  /** Gate and up of all experts, in tasks that threads take as they come. */
  private void firstStage(Batch b, int t) {
    int pairs = w.experts()[0].pairs();
    int chunk = chunk(b);
    int chunks = Math.ceilDiv(pairs, chunk);
    SwiGlu shared = w.shared();
    int sharedChunks = shared == null ? 0 : Math.ceilDiv(shared.pairs(), chunk);
    int tasks = s.actives * chunks + sharedChunks;
    for (int task = s.task.getAndIncrement(); task < tasks; task = s.task.getAndIncrement()) {
      if (task < sharedChunks) {
        sharedFirst(b, task * chunk, t);
      } else {
        int expert = s.active[(task - sharedChunks) / chunks];
        expertFirst(b, expert, (task - sharedChunks) % chunks * chunk, t);
      }
    }
  }

  private void sharedFirst(Batch b, int from, int t) {
    SwiGlu shared = w.shared();
    DenseLayer.Scratch d = s.shared;
    if (shared == null || d == null) {
      return;
    }
    int to = Math.min(shared.pairs(), from + chunk(b));
    b.multiply(
        shared.gateUp(), 2 * from, 2 * to, b.rows, b.h, b.starts, d.gateUp, d.gateUpStarts, 0, t);
    for (int i = 0; i < b.rows; i++) {
      for (int p = from; p < to; p++) {
        Rows.swiGlu(
            d.gateUp, d.gateUpStarts[i] + 2 * p * LANES, d.gated, d.gatedStarts[i] + p * LANES);
      }
    }
  }

  private void expertFirst(Batch b, int expert, int from, int t) {
    SwiGlu e = w.experts()[expert];
    int to = Math.min(e.pairs(), from + chunk(b));
    int first = s.first[expert];
    int n = s.first[expert + 1] - first;
    b.multiply(
        e.gateUp(), 2 * from, 2 * to, n, b.h, s.rowStarts, s.gateUp, s.gateUpStarts, first, t);
    for (int i = first; i < first + n; i++) {
      for (int p = from; p < to; p++) {
        Rows.swiGlu(
            s.gateUp, s.gateUpStarts[i] + 2 * p * LANES, s.gated, s.gatedStarts[i] + p * LANES);
      }
    }
  }

  /** Down of all experts and the weighted sum, each thread its share of the output's columns. */
  private void secondStage(Batch b, int t) {
    int panels = w.experts()[0].down().panels();
    int from = b.team.share(panels, t);
    int to = b.team.share(panels, t + 1);
    for (int a = 0; a < s.actives; a++) {
      int expert = s.active[a];
      int first = s.first[expert];
      b.multiply(
          w.experts()[expert].down(),
          from,
          to,
          s.first[expert + 1] - first,
          s.gated,
          s.gatedStarts,
          s.out,
          s.outStarts,
          first,
          t);
    }
    int at = from * LANES;
    int width = (to - from) * LANES;
    SwiGlu shared = w.shared();
    DenseLayer.Scratch d = s.shared;
    if (shared != null && d != null) {
      b.multiply(shared.down(), from, to, b.rows, d.gated, d.gatedStarts, d.out, d.outStarts, 0, t);
      for (int i = 0; i < b.rows; i++) {
        Rows.add(b.x, b.starts[i] + at, d.out, d.outStarts[i] + at, width);
      }
    }
    int slots = b.rows * s.moe.expertsPerToken();
    for (int i = 0; i < slots; i++) {
      int slot = s.slotOfSorted[i];
      Rows.addScaled(
          b.x,
          b.starts[slot / s.moe.expertsPerToken()] + at,
          s.out,
          s.outStarts[i] + at,
          width,
          s.weights[slot]);
    }
  }
}

package dev.mneme.model.layer;

import dev.mneme.model.Moe;
import dev.mneme.model.kernel.Elementwise;
import dev.mneme.model.kernel.Mat;
import dev.mneme.model.kernel.MatMul;
import dev.mneme.model.kernel.MatMul.Op;
import dev.mneme.model.kernel.Router;
import dev.mneme.model.kernel.SwiGlu;
import dev.mneme.model.layer.Parameter.Role;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Mixture of experts without dropping (DeepSeek-V3, arXiv 2412.19437, section 2.1.2): tokens are
 * sorted by expert, each expert multiplies its contiguous rows, and the results are added back by
 * token.
 *
 * <p>A slot is one (token, expert) pair; slots are numbered expert by expert, within an expert by
 * token. Tasks are runs of at most {@link #CHUNK} slots of one expert, so that a busy expert is
 * spread over threads too.
 */
final class MixtureFeedForward implements Sublayer {
  private static final int CHUNK = 256;

  private final Moe moe;
  private final Router router;
  private final int hidden;
  private final int width;
  private final Weight gate_ED;
  private final @Nullable Weight bias_E;
  private final Weight gateUp_E2FD;
  private final Weight down_EDF;
  private final @Nullable DenseFeedForward shared;
  private final long[] load_E;
  private double balanceLoss;

  /**
   * @param prefix for example {@code model.layers.1.mlp.}
   */
  MixtureFeedForward(Parameters parameters, String prefix, int hidden, Moe moe) {
    this.moe = moe;
    this.router = new Router(moe);
    this.hidden = hidden;
    this.width = moe.intermediateSize();
    this.load_E = new long[moe.experts()];
    this.gate_ED = parameters.matrix(Role.ROUTER, prefix + "gate.weight", moe.experts(), hidden);
    this.bias_E =
        moe.correctionBias()
            ? parameters.vector(
                Role.ROUTER_BIAS, prefix + "gate.e_score_correction_bias", moe.experts())
            : null;
    Parameters.Stack gateUps = parameters.stack(hidden);
    for (int e = 0; e < moe.experts(); e++) {
      gateUps
          .add(Role.MATRIX, prefix + "experts." + e + ".gate_proj.weight", width)
          .add(Role.MATRIX, prefix + "experts." + e + ".up_proj.weight", width);
    }
    this.gateUp_E2FD = gateUps.weight();
    Parameters.Stack downs = parameters.stack(width);
    for (int e = 0; e < moe.experts(); e++) {
      downs.add(Role.OUTPUT_MATRIX, prefix + "experts." + e + ".down_proj.weight", hidden);
    }
    this.down_EDF = downs.weight();
    this.shared =
        moe.sharedExperts() == 0
            ? null
            : new DenseFeedForward(
                parameters, prefix + "shared_experts.", hidden, moe.sharedIntermediateSize());
  }

  /** Slots of at most one chunk of one expert. */
  private record Chunk(int expert, int from, int to) {}

  /**
   * @param scores_TE router scores
   * @param tokenSlot_TK slot of each token's k-th expert
   * @param chosen_TK its expert
   * @param slotToken_S token of each slot
   * @param expertStart first slot of each expert, and the number of slots
   * @param slotWeight_S weight of each slot, F32
   */
  // Index arrays of one pass, never compared or exposed.
  @SuppressWarnings("ArrayRecordComponent")
  private record Kept(
      float[] scores_TE,
      int[] chosen_TK,
      int[] tokenSlot_TK,
      int[] slotToken_S,
      int[] expertStart,
      Tensor slotWeight_S,
      Tensor h_SD,
      Tensor gateUp_S2F,
      @Nullable Tape shared)
      implements Tape {}

  private Chunk[] chunks(int[] expertStart) {
    int count = 0;
    for (int e = 0; e < moe.experts(); e++) {
      count += (expertStart[e + 1] - expertStart[e] + CHUNK - 1) / CHUNK;
    }
    Chunk[] out = new Chunk[count];
    int i = 0;
    for (int e = 0; e < moe.experts(); e++) {
      for (int from = expertStart[e]; from < expertStart[e + 1]; from += CHUNK) {
        out[i++] = new Chunk(e, from, Math.min(expertStart[e + 1], from + CHUNK));
      }
    }
    return out;
  }

  @Override
  public Tape forward(Pass pass, Tensor h_TD, Tensor x_TD) {
    int t = h_TD.rows();
    int k = moe.expertsPerToken();
    int slots = t * k;
    Tensor slotWeight = pass.f32(slots);
    Tensor h = pass.input(slots, hidden);
    Tensor gateUp = pass.f32(slots, 2L * width);
    Tape sharedTape = shared == null ? null : shared.forward(pass, h_TD, x_TD);

    var mark = pass.workspace().mark();
    Tensor logits = pass.linear(h_TD, gate_ED);
    float[] scores = logits.toFloats();
    int[] chosen = new int[slots];
    float[] weights = new float[slots];
    float[] bias = bias_E == null ? null : bias_E.values().toFloats();
    int experts = moe.experts();
    pass.rows(
        t,
        (from, to) -> {
          float[] row = new float[experts];
          float[] scratch = new float[experts];
          for (int i = from; i < to; i++) {
            System.arraycopy(scores, i * experts, row, 0, experts);
            router.route(row, bias, chosen, weights, i * k, scratch);
            System.arraycopy(row, 0, scores, i * experts, experts);
          }
        });
    int[] expertStart = new int[experts + 1];
    for (int e : chosen) {
      expertStart[e + 1]++;
    }
    for (int e = 0; e < experts; e++) {
      load_E[e] += expertStart[e + 1];
      expertStart[e + 1] += expertStart[e];
    }
    int[] next = Arrays.copyOf(expertStart, experts);
    int[] tokenSlot = new int[slots];
    int[] slotToken = new int[slots];
    MemorySegment slotWeights = slotWeight.segment();
    for (int i = 0; i < slots; i++) {
      int slot = next[chosen[i]]++;
      tokenSlot[i] = slot;
      slotToken[slot] = i / k;
      slotWeights.setAtIndex(ValueLayout.JAVA_FLOAT, slot, weights[i]);
    }

    Tensor act = pass.input(slots, width);
    Tensor out = pass.f32(slots, hidden);
    MatMul matMul = pass.compute().matMul();
    Chunk[] chunks = chunks(expertStart);
    pass.compute()
        .workers()
        .run(
            chunks.length,
            (task, _) -> {
              Chunk c = chunks[task];
              for (int s = c.from(); s < c.to(); s++) {
                Elementwise.copyRow(h_TD, slotToken[s], h, s, hidden);
              }
              Weight up = gateUp_E2FD.block(c.expert(), 2 * width);
              Weight down = down_EDF.block(c.expert(), hidden);
              Mat gu = Mat.of(gateUp).rows(c.from(), c.to());
              matMul.multiply(Mat.of(h).rows(c.from(), c.to()), Op.N, up.mat(), Op.T, gu);
              SwiGlu.forward(gateUp, act, width, c.from(), c.to());
              Mat y = Mat.of(out).rows(c.from(), c.to());
              matMul.multiply(Mat.of(act).rows(c.from(), c.to()), Op.N, down.mat(), Op.T, y);
            });
    pass.rows(
        t,
        (from, to) -> {
          MemorySegment ys = out.segment();
          MemorySegment xs = x_TD.segment();
          for (int i = from; i < to; i++) {
            for (int j = 0; j < k; j++) {
              long slot = tokenSlot[i * k + j];
              Elementwise.axpy(
                  weights[i * k + j], ys, slot * hidden, xs, (long) i * hidden, hidden);
            }
          }
        });
    pass.workspace().release(mark);
    return new Kept(
        scores, chosen, tokenSlot, slotToken, expertStart, slotWeight, h, gateUp, sharedTape);
  }

  @Override
  public Tensor backward(Pass pass, Tape tape, Tensor h_TD, Tensor g_TD) {
    Kept kept = (Kept) tape;
    int t = h_TD.rows();
    int k = moe.expertsPerToken();
    int slots = t * k;
    int experts = moe.experts();
    Tape sharedTape = kept.shared();
    Tensor dh =
        shared == null || sharedTape == null
            ? pass.workspace().takeZeroed(DType.F32, t, hidden)
            : shared.backward(pass, sharedTape, h_TD, g_TD);
    var mark = pass.workspace().mark();
    Tensor g = pass.input(slots, hidden);
    Tensor dAct = pass.f32(slots, width);
    Tensor dGateUp = pass.input(slots, 2L * width);
    Tensor act = pass.input(slots, width);
    Tensor dWeight = pass.f32(slots);
    Tensor dSlot = pass.f32(slots, hidden);
    MatMul matMul = pass.compute().matMul();
    Chunk[] chunks = chunks(kept.expertStart());
    pass.compute()
        .workers()
        .run(
            chunks.length,
            (task, _) -> {
              Chunk c = chunks[task];
              for (int s = c.from(); s < c.to(); s++) {
                Elementwise.copyRow(g_TD, kept.slotToken_S()[s], g, s, hidden);
              }
              Mat down = down_EDF.block(c.expert(), hidden).mat();
              Mat up = gateUp_E2FD.block(c.expert(), 2 * width).mat();
              Mat gs = Mat.of(g).rows(c.from(), c.to());
              matMul.multiply(gs, Op.N, down, Op.N, Mat.of(dAct).rows(c.from(), c.to()));
              SwiGlu.backward(
                  kept.gateUp_S2F(),
                  dAct,
                  dGateUp,
                  act,
                  kept.slotWeight_S(),
                  dWeight,
                  width,
                  c.from(),
                  c.to());
              Mat dgu = Mat.of(dGateUp).rows(c.from(), c.to());
              matMul.multiply(dgu, Op.N, up, Op.N, Mat.of(dSlot).rows(c.from(), c.to()));
            });
    pass.compute()
        .workers()
        .run(
            2 * experts,
            (task, _) -> accumulate(task / 2, task % 2 == 0, kept, g, act, dGateUp, matMul));

    Tensor dLogits = pass.input(t, experts);
    float[] dWeights = dWeight.toFloats();
    float[] dShare = pass.balance() == 0 ? null : balanceGradient(pass, kept);
    pass.rows(
        t,
        (from, to) -> {
          MemorySegment ds = dSlot.segment();
          MemorySegment dhs = dh.segment();
          float[] scores = new float[experts];
          float[] row = new float[experts];
          float[] dw = new float[k];
          int[] chosen = new int[k];
          for (int i = from; i < to; i++) {
            for (int j = 0; j < k; j++) {
              int slot = kept.tokenSlot_TK()[i * k + j];
              Elementwise.axpy(1, ds, (long) slot * hidden, dhs, (long) i * hidden, hidden);
              dw[j] = dWeights[slot];
              chosen[j] = kept.chosen_TK()[i * k + j];
            }
            System.arraycopy(kept.scores_TE(), i * experts, scores, 0, experts);
            router.backward(scores, chosen, dw, 0, dShare, i * experts, row);
            for (int e = 0; e < experts; e++) {
              dLogits.set((long) i * experts + e, row[e]);
            }
          }
        });
    pass.accumulate(dLogits, h_TD, gate_ED);
    pass.compute().multiply(Mat.of(dLogits), Op.N, gate_ED.mat(), Op.N, Mat.of(dh), true);
    pass.workspace().release(mark);
    return dh;
  }

  /**
   * The sequence-wise balance loss (DeepSeek-V3, section 2.1.2, eq. 17 to 20): for each sequence
   * {@code sum_e f_e P_e}, {@code f_e} being how often an expert was chosen relative to even shares
   * and {@code P_e} its mean share of a token's scores. A sequence counts as often as it has
   * positions, so that its length cancels in the derivative.
   *
   * @return derivative of the objective by each token's share of scores, [T, E]
   */
  private float[] balanceGradient(Pass pass, Kept kept) {
    int experts = moe.experts();
    int k = moe.expertsPerToken();
    float[] out = new float[kept.scores_TE().length];
    int[] starts = pass.starts();
    for (int s = 0; s + 1 < starts.length; s++) {
      int positions = starts[s + 1] - starts[s];
      double[] often = new double[experts];
      for (int i = starts[s] * k; i < starts[s + 1] * k; i++) {
        often[kept.chosen_TK()[i]] += (double) experts / k / positions;
      }
      for (int t = starts[s]; t < starts[s + 1]; t++) {
        double sum = 0;
        for (int e = 0; e < experts; e++) {
          sum += kept.scores_TE()[t * experts + e];
        }
        for (int e = 0; e < experts; e++) {
          out[t * experts + e] = (float) (pass.balance() * often[e]);
          balanceLoss += often[e] * kept.scores_TE()[t * experts + e] / sum;
        }
      }
    }
    return out;
  }

  /** Of the backward passes since {@link #resetBalanceLoss}, without its weight. */
  double balanceLoss() {
    return balanceLoss;
  }

  void resetBalanceLoss() {
    balanceLoss = 0;
  }

  private void accumulate(
      int expert, boolean up, Kept kept, Tensor g, Tensor act, Tensor dGateUp, MatMul matMul) {
    int from = kept.expertStart()[expert];
    int to = kept.expertStart()[expert + 1];
    if (from == to) {
      return;
    }
    if (up) {
      matMul.multiplyAdd(
          Mat.of(dGateUp).rows(from, to),
          Op.T,
          Mat.of(kept.h_SD()).rows(from, to),
          Op.N,
          gateUp_E2FD.block(expert, 2 * width).gradientMat());
    } else {
      matMul.multiplyAdd(
          Mat.of(g).rows(from, to),
          Op.T,
          Mat.of(act).rows(from, to),
          Op.N,
          down_EDF.block(expert, hidden).gradientMat());
    }
  }

  /** Tokens per expert since the last {@link #resetLoad}. */
  long[] load() {
    return load_E.clone();
  }

  void resetLoad() {
    Arrays.fill(load_E, 0);
  }

  /**
   * One step of loss-free balance: {@code bias += gamma sign(mean load - load)} (DeepSeek-V3,
   * section 2.1.2). Does nothing where nothing was routed or no bias exists.
   */
  void balance(double gamma) {
    long sum = Arrays.stream(load_E).sum();
    if (bias_E == null || sum == 0 || gamma == 0) {
      return;
    }
    Tensor bias = bias_E.values();
    double mean = sum / (double) load_E.length;
    for (int e = 0; e < load_E.length; e++) {
      bias.set(e, (float) (bias.get(e) + gamma * Math.signum(mean - load_E[e])));
    }
  }

  @Override
  public Profile.Part part() {
    return Profile.Part.EXPERTS;
  }
}

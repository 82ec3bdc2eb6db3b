package dev.mneme.model.layer;

import dev.mneme.model.Attention;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.kernel.Compute;
import dev.mneme.model.kernel.Elementwise;
import dev.mneme.model.kernel.Mat;
import dev.mneme.model.kernel.MatMul.Op;
import dev.mneme.model.kernel.RotaryTable;
import dev.mneme.model.kernel.Rows;
import dev.mneme.model.kernel.SoftmaxLoss;
import dev.mneme.model.layer.Parameter.Role;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import dev.mneme.model.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The whole decoder over a packed batch: log-probabilities forward, gradients backward.
 *
 * <p>A forward pass that keeps activations must be followed by {@link #backward} or another forward
 * pass; activations lie in one workspace that the next pass overwrites. One thread at a time; the
 * caller closes.
 */
public final class Decoder implements AutoCloseable {
  /** Rows whose logits exist at one time. */
  private static final int HEAD_ROWS = 1024;

  /** Rows of one head task: their logits stay in the cache between product and softmax. */
  private static final int HEAD_TASK = 32;

  private final ModelConfig config;
  private final Compute compute;
  private final DType products;
  private final TensorScope scope = new TensorScope();
  private final Workspace workspace = new Workspace();
  private final Profile profile = new Profile();
  private final Parameters parameters;
  private final Weight embedding_VD;
  private final List<Block> blocks = new ArrayList<>();
  private final Norm lastNorm;
  private final Weight head_VD;
  private @Nullable Kept kept;

  private record Block(
      Norm mixerNorm, Sublayer mixer, Norm feedForwardNorm, Sublayer feedForward) {}

  /** What a sublayer leaves behind for its backward pass. */
  private record Done(Tensor x_TD, Tensor inv_T, Tensor h_TD, Sublayer.Tape tape) {}

  /**
   * @param rows positions whose predictions count
   * @param lse_R log normaliser of their logits
   */
  // Index and number arrays of one pass, never compared or exposed.
  @SuppressWarnings("ArrayRecordComponent")
  private record Kept(
      PackedBatch batch,
      List<Done> done,
      Tensor x_TD,
      Tensor inv_T,
      Tensor h_TD,
      int[] rows,
      float[] lse_R) {}

  /** Declares, allocates and leaves every parameter at zero. */
  public Decoder(ModelConfig config, DType products, Compute compute) {
    if (!compute.matMul().supports(products)) {
      throw new IllegalArgumentException(
          compute.matMul().name()
              + " has no "
              + products
              + " products on this machine; use F32 precision");
    }
    this.config = config;
    this.compute = compute;
    this.products = products;
    this.parameters = new Parameters(products);
    RotaryTable rotary = rotary(config, scope);
    int hidden = config.hiddenSize();
    this.embedding_VD =
        parameters.matrix(Role.EMBEDDING, "model.embed_tokens.weight", config.vocabSize(), hidden);
    for (int layer = 0; layer < config.layers(); layer++) {
      blocks.add(block(layer, rotary));
    }
    this.lastNorm = new Norm(parameters, "model.norm.weight", hidden, config.rmsNormEps());
    this.head_VD =
        config.tieWordEmbeddings()
            ? embedding_VD
            : parameters.matrix(Role.HEAD, "lm_head.weight", config.vocabSize(), hidden);
    parameters.allocate(scope);
  }

  private static RotaryTable rotary(ModelConfig config, TensorScope scope) {
    RotaryTable.Layout layout =
        switch (config.attention()) {
          case Attention.Mla _ -> RotaryTable.Layout.INTERLEAVED;
          case Attention.Gqa _ -> RotaryTable.Layout.HALVES;
        };
    int positions = config.maxPositions();
    return new RotaryTable(
        scope,
        layout,
        config.attention().ropeDim(),
        config.rope().cosines(0, positions),
        config.rope().sines(0, positions));
  }

  private Block block(int layer, RotaryTable rotary) {
    String prefix = "model.layers." + layer + ".";
    double eps = config.rmsNormEps();
    int hidden = config.hiddenSize();
    Norm first = new Norm(parameters, prefix + "input_layernorm.weight", hidden, eps);
    Sublayer mixer =
        switch (config.attention()) {
          case Attention.Mla mla ->
              new LatentAttention(parameters, prefix + "self_attn.", config, mla, rotary);
          case Attention.Gqa gqa ->
              new GroupedAttention(parameters, prefix + "self_attn.", config, gqa, rotary);
        };
    Norm second = new Norm(parameters, prefix + "post_attention_layernorm.weight", hidden, eps);
    var moe = config.moe();
    Sublayer feedForward =
        moe == null || !config.isMoe(layer)
            ? new DenseFeedForward(parameters, prefix + "mlp.", hidden, config.intermediateSize())
            : new MixtureFeedForward(parameters, prefix + "mlp.", hidden, moe);
    return new Block(first, mixer, second, feedForward);
  }

  public ModelConfig config() {
    return config;
  }

  public Compute compute() {
    return compute;
  }

  public Parameters parameters() {
    return parameters;
  }

  public Profile profile() {
    return profile;
  }

  /** Type of the inputs of products. */
  public DType products() {
    return products;
  }

  /** Most bytes of activations and temporaries that one pass used. */
  public long peakActivationBytes() {
    return workspace.peakBytes();
  }

  private Pass pass(PackedBatch batch) {
    if (batch.longest() > config.maxPositions()) {
      throw new IllegalArgumentException(
          "a segment of "
              + batch.longest()
              + " positions is longer than max_position_embeddings "
              + config.maxPositions()
              + "; split it");
    }
    int[] starts = new int[batch.segments() + 1];
    for (int s = 0; s < starts.length; s++) {
      starts[s] = batch.start(s);
    }
    return new Pass(compute, workspace, profile, products, starts);
  }

  private void check(int token, int position) {
    if (token < 0 || token >= config.vocabSize()) {
      throw new IllegalArgumentException(
          "token id "
              + token
              + " at position "
              + position
              + " is outside the vocabulary; expected 0 to "
              + (config.vocabSize() - 1));
    }
  }

  /**
   * The forward pass up to the last norm. Where activations are not kept, each block's temporaries
   * are given back before the next.
   */
  private Tensor forward(Pass pass, PackedBatch batch, @Nullable List<Done> done) {
    int t = batch.positions();
    int d = config.hiddenSize();
    profile.enter(Profile.Part.EMBEDDING);
    Tensor x = pass.f32(t, d);
    Tensor table = embedding_VD.values();
    for (int i = 0; i < t; i++) {
      check(batch.input(i), i);
      check(batch.target(i), i);
      Elementwise.copyRow(table, batch.input(i), x, i, d);
    }
    for (Block block : blocks) {
      x = sublayer(pass, block.mixerNorm(), block.mixer(), x, done);
      x = sublayer(pass, block.feedForwardNorm(), block.feedForward(), x, done);
    }
    return x;
  }

  private Tensor sublayer(
      Pass pass, Norm norm, Sublayer sublayer, Tensor x, @Nullable List<Done> done) {
    Tensor out = x;
    if (done != null) {
      // The norm's backward pass needs its input, so the sum goes to a copy.
      out = pass.f32(x.rows(), x.cols());
    }
    Workspace.Mark mark = workspace.mark();
    profile.enter(Profile.Part.NORMS);
    if (done != null) {
      Tensor copy = out;
      pass.rows(x.rows(), (from, to) -> copy.sliceRows(from, to).copyFrom(x.sliceRows(from, to)));
    }
    Norm.Normalised h = norm.forward(pass, x);
    profile.enter(sublayer.part());
    Sublayer.Tape tape = sublayer.forward(pass, h.values(), out);
    profile.enter(Profile.Part.OTHER);
    if (done == null) {
      workspace.release(mark);
    } else {
      done.add(new Done(x, h.inv(), h.values(), tape));
    }
    return out;
  }

  /** Positions whose predictions count. */
  private static int[] countingRows(PackedBatch batch) {
    int[] rows = new int[batch.positions()];
    int n = 0;
    for (int t = 0; t < batch.positions(); t++) {
      if (batch.weight(t) != 0) {
        rows[n++] = t;
      }
    }
    return Arrays.copyOf(rows, n);
  }

  /**
   * Log-probability of the target at each position whose weight is not 0; 0 elsewhere.
   *
   * @param keep whether {@link #backward} will follow
   */
  public double[] logProbs(PackedBatch batch, boolean keep) {
    workspace.reset();
    kept = null;
    Pass pass = pass(batch);
    List<Done> done = keep ? new ArrayList<>() : null;
    Tensor x = forward(pass, batch, done);
    profile.enter(Profile.Part.NORMS);
    Norm.Normalised h = lastNorm.forward(pass, x);
    profile.enter(Profile.Part.HEAD);
    int[] rows = countingRows(batch);
    float[] lse = new float[rows.length];
    double[] logp = new double[batch.positions()];
    for (int from = 0; from < rows.length; from += HEAD_ROWS) {
      int to = Math.min(rows.length, from + HEAD_ROWS);
      Workspace.Mark mark = workspace.mark();
      headForward(pass, batch, h.values(), rows, from, to, lse, logp);
      workspace.release(mark);
    }
    profile.enter(Profile.Part.OTHER);
    if (done != null) {
      kept = new Kept(batch, done, x, h.inv(), h.values(), rows, lse);
    }
    return logp;
  }

  /**
   * Forward and backward in one for an objective whose derivative is known beforehand: the head's
   * logits are computed once instead of twice.
   *
   * @param factor_T derivative of the objective by each position's log-probability
   * @return log-probability of the target at each position whose weight is not 0; 0 elsewhere
   */
  public double[] forwardBackward(PackedBatch batch, double[] factor_T) {
    workspace.reset();
    kept = null;
    Pass pass = pass(batch);
    List<Done> done = new ArrayList<>();
    Tensor x = forward(pass, batch, done);
    profile.enter(Profile.Part.NORMS);
    Norm.Normalised h = lastNorm.forward(pass, x);
    profile.enter(Profile.Part.HEAD);
    int[] rows = countingRows(batch);
    double[] logp = new double[batch.positions()];
    Kept all = new Kept(batch, done, x, h.inv(), h.values(), rows, new float[rows.length]);
    Tensor dh = workspace.takeZeroed(DType.F32, batch.positions(), config.hiddenSize());
    headBackward(pass, all, factor_T, logp, dh);
    finishBackward(pass, all, dh);
    return logp;
  }

  /** Logits of rows {@code from} to {@code to}, left in the returned tensors. */
  private HeadRows headForward(
      Pass pass,
      PackedBatch batch,
      Tensor h,
      int[] rows,
      int from,
      int to,
      float[] lse,
      double[] logp) {
    int d = config.hiddenSize();
    int v = config.vocabSize();
    int n = to - from;
    Tensor picked = pass.input(n, d);
    Tensor logits = pass.f32(n, v);
    compute
        .workers()
        .ranges(
            n,
            HEAD_TASK,
            (a, b) -> {
              for (int i = a; i < b; i++) {
                Elementwise.copyRow(h, rows[from + i], picked, i, d);
              }
              compute
                  .matMul()
                  .multiply(
                      Mat.of(picked).rows(a, b),
                      Op.N,
                      head_VD.mat(),
                      Op.T,
                      Mat.of(logits).rows(a, b));
              MemorySegment s = logits.segment();
              for (int i = a; i < b; i++) {
                int t = rows[from + i];
                lse[from + i] = SoftmaxLoss.logSumExp(s, (long) i * v, v);
                float at = s.getAtIndex(ValueLayout.JAVA_FLOAT, (long) i * v + batch.target(t));
                logp[t] = (double) at - lse[from + i];
              }
            });
    return new HeadRows(picked, logits);
  }

  private record HeadRows(Tensor picked_RD, Tensor logits_RV) {}

  /** All logits of one sequence, [tokens, vocabulary]: for tools and tests, not for training. */
  public float[] logits(int[] tokens) {
    workspace.reset();
    kept = null;
    int[] padded = Arrays.copyOf(tokens, tokens.length + 1);
    PackedBatch batch = PackedBatch.of(PackedBatch.Segment.all(padded));
    Pass pass = pass(batch);
    Norm.Normalised h = lastNorm.forward(pass, forward(pass, batch, null));
    return pass.linear(h.values(), head_VD).toFloats();
  }

  /**
   * Accumulates gradients of {@code sum over positions of factor * log-probability} after a forward
   * pass that kept its activations.
   *
   * @param factor_T derivative of the objective by each position's log-probability; read only where
   *     the batch's weight is not 0
   */
  public void backward(double[] factor_T) {
    Kept k = kept;
    if (k == null) {
      throw new IllegalStateException(
          "backward without a forward pass that kept its activations; call forward first");
    }
    kept = null;
    Pass pass = pass(k.batch());
    profile.enter(Profile.Part.HEAD);
    int t = k.batch().positions();
    Tensor dh = workspace.takeZeroed(DType.F32, t, config.hiddenSize());
    headBackward(pass, k, factor_T, new double[t], dh);
    finishBackward(pass, k, dh);
  }

  private void finishBackward(Pass pass, Kept k, Tensor dh) {
    Tensor dx = backwardBlocks(pass, k, dh);
    embeddingBackward(k.batch(), dx);
    profile.enter(Profile.Part.OTHER);
    workspace.reset();
  }

  /** Logits again, block by block, and their gradient; fills {@code dh} and {@code logp}. */
  private void headBackward(Pass pass, Kept k, double[] factor, double[] logp, Tensor dh) {
    int[] rows = k.rows();
    for (int from = 0; from < rows.length; from += HEAD_ROWS) {
      int to = Math.min(rows.length, from + HEAD_ROWS);
      Workspace.Mark mark = workspace.mark();
      HeadRows head = headForward(pass, k.batch(), k.h_TD(), rows, from, to, k.lse_R(), logp);
      headBackward(pass, k, head, from, to, factor, dh);
      workspace.release(mark);
    }
  }

  private void headBackward(
      Pass pass, Kept k, HeadRows head, int from, int to, double[] factor, Tensor dh) {
    int d = config.hiddenSize();
    int v = config.vocabSize();
    int n = to - from;
    Tensor dLogits = pass.input(n, v);
    Tensor dPicked = pass.f32(n, d);
    compute
        .workers()
        .ranges(
            n,
            HEAD_TASK,
            (a, b) -> {
              MemorySegment logits = head.logits_RV().segment();
              for (int i = a; i < b; i++) {
                int t = k.rows()[from + i];
                SoftmaxLoss.gradient(
                    logits,
                    (long) i * v,
                    k.lse_R()[from + i],
                    k.batch().target(t),
                    (float) factor[t],
                    dLogits,
                    v);
              }
              compute
                  .matMul()
                  .multiply(
                      Mat.of(dLogits).rows(a, b),
                      Op.N,
                      head_VD.mat(),
                      Op.N,
                      Mat.of(dPicked).rows(a, b));
              for (int i = a; i < b; i++) {
                Elementwise.copyRow(dPicked, i, dh, k.rows()[from + i], d);
              }
            });
    pass.accumulate(dLogits, head.picked_RD(), head_VD);
  }

  private Tensor backwardBlocks(Pass pass, Kept k, Tensor dh) {
    int t = k.batch().positions();
    profile.enter(Profile.Part.NORMS);
    Tensor dx = pass.f32(t, config.hiddenSize());
    lastNorm.backward(pass, Rows.of(k.x_TD()), k.inv_T(), Rows.of(dh), Rows.of(dx), t, false);
    for (int i = blocks.size() - 1; i >= 0; i--) {
      Block block = blocks.get(i);
      sublayerBackward(
          pass, block.feedForwardNorm(), block.feedForward(), k.done().get(2 * i + 1), dx);
      sublayerBackward(pass, block.mixerNorm(), block.mixer(), k.done().get(2 * i), dx);
    }
    return dx;
  }

  private void sublayerBackward(Pass pass, Norm norm, Sublayer sublayer, Done done, Tensor dx) {
    Workspace.Mark mark = workspace.mark();
    profile.enter(sublayer.part());
    Tensor g = pass.round(dx);
    Tensor dh = sublayer.backward(pass, done.tape(), done.h_TD(), g);
    profile.enter(Profile.Part.NORMS);
    norm.backward(
        pass, Rows.of(done.x_TD()), done.inv_T(), Rows.of(dh), Rows.of(dx), dx.rows(), true);
    workspace.release(mark);
  }

  /** Adds each position's gradient to its token's row; columns are split, so rows never collide. */
  private void embeddingBackward(PackedBatch batch, Tensor dx) {
    profile.enter(Profile.Part.EMBEDDING);
    int d = config.hiddenSize();
    Tensor table = embedding_VD.gradient();
    int per = (d / compute.workers().threads() + 15) & -16;
    compute
        .workers()
        .ranges(
            d,
            per,
            (from, to) -> {
              MemorySegment in = dx.segment();
              MemorySegment out = table.segment();
              for (int i = 0; i < batch.positions(); i++) {
                Elementwise.axpy(
                    1, in, (long) i * d + from, out, (long) batch.input(i) * d + from, to - from);
              }
            });
  }

  /** Expert loads per mixture layer since the last {@link #balance}. */
  public List<ExpertLoad> loads() {
    List<ExpertLoad> out = new ArrayList<>();
    for (int i = 0; i < blocks.size(); i++) {
      if (blocks.get(i).feedForward() instanceof MixtureFeedForward mixture) {
        out.add(new ExpertLoad(i, mixture.load()));
      }
    }
    return out;
  }

  /** Moves router biases towards balance and forgets the loads. */
  public void balance(double gamma) {
    for (Block block : blocks) {
      if (block.feedForward() instanceof MixtureFeedForward mixture) {
        mixture.balance(gamma);
        mixture.resetLoad();
      }
    }
  }

  @Override
  public void close() {
    workspace.close();
    scope.close();
  }
}

package dev.mneme.model.layer;

import dev.mneme.model.Attention;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TopPredictions;
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
  private final List<PredictionModule> modules = new ArrayList<>();
  private @Nullable Kept kept;
  private double furtherLogProb;

  /**
   * What the head reads and predicts, of the model or of one prediction module.
   *
   * @param rows positions whose predictions count
   * @param target_R the token each of them predicts
   * @param lse_R log normaliser of their logits
   */
  // Index and number arrays of one pass, never compared or exposed.
  @SuppressWarnings("ArrayRecordComponent")
  private record Predicted(Tensor h_TD, int[] rows, int[] target_R, float[] lse_R) {}

  /**
   * @param x_TD the stream behind the last block
   * @param inv_T reciprocal roots of its norm
   */
  private record Kept(
      PackedBatch batch, List<Block.Done> done, Tensor x_TD, Tensor inv_T, Predicted predicted) {}

  /**
   * What is added to an objective while training; all may be 0.
   *
   * @param prediction weight lambda of the multi-token prediction loss (DeepSeek-V3, eq. 25)
   * @param balance derivative of the objective by the sequence-wise balance loss of one layer and
   *     token (eq. 17), see {@link #balanceLoss}
   */
  public record Extras(double prediction, double balance) {
    /** Nothing added. */
    public static final Extras NONE = new Extras(0, 0);
  }

  /**
   * Declares, allocates and leaves every parameter at zero.
   *
   * @param furtherPrediction whether the configuration's multi-token prediction modules are there
   */
  public Decoder(ModelConfig config, DType products, Compute compute, boolean furtherPrediction) {
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
    for (int i = 0; furtherPrediction && i < config.mtpLayers(); i++) {
      int layer = config.layers() + i;
      String prefix = "model.layers." + layer + ".";
      modules.add(new PredictionModule(parameters, prefix, config, block(layer, rotary), i + 1));
    }
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
    Mixer mixer =
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

  private Pass pass(PackedBatch batch, double balance) {
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
    return new Pass(compute, workspace, profile, products, starts, (float) balance);
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
  private Tensor forward(Pass pass, PackedBatch batch, @Nullable List<Block.Done> done) {
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
      x = block.forward(pass, x, done);
    }
    return x;
  }

  /** The counting predictions of the token {@code ahead} further than the next one. */
  private static Predicted predicted(PackedBatch batch, Tensor h_TD, int ahead) {
    int[] rows = new int[batch.positions()];
    int[] targets = new int[rows.length];
    int n = 0;
    for (int s = 0; s < batch.segments(); s++) {
      for (int t = batch.start(s); t + ahead < batch.start(s + 1); t++) {
        if (batch.weight(t + ahead) != 0) {
          targets[n] = batch.target(t + ahead);
          rows[n++] = t;
        }
      }
    }
    return new Predicted(h_TD, Arrays.copyOf(rows, n), Arrays.copyOf(targets, n), new float[n]);
  }

  /**
   * Log-probability of the target at each position whose weight is not 0; 0 elsewhere.
   *
   * @param keep whether {@link #backward} will follow
   */
  public double[] logProbs(PackedBatch batch, boolean keep) {
    double[] logp = new double[batch.positions()];
    headOnly(batch, keep ? new ArrayList<>() : null, logp, (_, _, _) -> {});
    return logp;
  }

  /** What the model holds likely at each position whose weight is not 0. */
  public TopPredictions topPredictions(PackedBatch batch) {
    int v = config.vocabSize();
    int k = TopPredictions.K;
    if (v < k) {
      throw new IllegalArgumentException(
          "a vocabulary of " + v + " tokens has no " + k + " likeliest ones");
    }
    int rows = 0;
    for (int s = 0; s < batch.segments(); s++) {
      rows += batch.counting(s);
    }
    int[] tokens = new int[rows * k];
    float[] probabilities = new float[rows * k];
    HeadUse select =
        (p, logits, from) ->
            compute
                .workers()
                .ranges(
                    logits.rows(),
                    HEAD_TASK,
                    (a, b) -> {
                      for (int i = a; i < b; i++) {
                        SoftmaxLoss.top(
                            logits.segment(),
                            (long) i * v,
                            p.lse_R()[from + i],
                            v,
                            tokens,
                            probabilities,
                            (from + i) * k);
                      }
                    });
    headOnly(batch, null, new double[batch.positions()], select);
    return TopPredictions.of(tokens, probabilities);
  }

  /** What is done with the logits of rows {@code from} on, while they exist. */
  private interface HeadUse {
    void with(Predicted predicted, Tensor logits_RV, int from);
  }

  /** A forward pass with its head, block of rows by block; fills {@code logp}. */
  private void headOnly(
      PackedBatch batch, @Nullable List<Block.Done> done, double[] logp, HeadUse use) {
    workspace.reset();
    kept = null;
    Pass pass = pass(batch, 0);
    Tensor x = forward(pass, batch, done);
    profile.enter(Profile.Part.NORMS);
    Norm.Normalised h = lastNorm.forward(pass, x);
    profile.enter(Profile.Part.HEAD);
    Predicted predicted = predicted(batch, h.values(), 0);
    for (int from = 0; from < predicted.rows().length; from += HEAD_ROWS) {
      int to = Math.min(predicted.rows().length, from + HEAD_ROWS);
      Workspace.Mark mark = workspace.mark();
      use.with(predicted, headForward(pass, predicted, from, to, logp).logits_RV(), from);
      workspace.release(mark);
    }
    profile.enter(Profile.Part.OTHER);
    if (done != null) {
      kept = new Kept(batch, done, x, h.inv(), predicted);
    }
  }

  /**
   * Forward and backward in one for an objective whose derivative is known beforehand: the head's
   * logits are computed once instead of twice.
   *
   * @param factor_T derivative of the objective by each position's log-probability
   * @return log-probability of the target at each position whose weight is not 0; 0 elsewhere
   */
  public double[] forwardBackward(PackedBatch batch, double[] factor_T, Extras extras) {
    return forwardBackward(batch, factor_T, extras, null);
  }

  /**
   * As {@link #forwardBackward(PackedBatch, double[], Extras)}, for an objective that counts the
   * divergence from another model's predictions instead of the log-probability of the targets.
   *
   * @param factor_T derivative of the objective by the negative divergence at each position
   * @param towards the other model's predictions, a row for each position whose weight is not 0
   * @return KL(other || this) at each position whose weight is not 0, nats; 0 elsewhere
   */
  public double[] distill(PackedBatch batch, double[] factor_T, TopPredictions towards) {
    return forwardBackward(batch, factor_T, Extras.NONE, towards);
  }

  private double[] forwardBackward(
      PackedBatch batch, double[] factor_T, Extras extras, @Nullable TopPredictions towards) {
    workspace.reset();
    kept = null;
    furtherLogProb = 0;
    balancing().forEach(MixtureFeedForward::resetBalanceLoss);
    Pass pass = pass(batch, extras.balance());
    List<Block.Done> done = new ArrayList<>();
    Tensor x = forward(pass, batch, done);
    profile.enter(Profile.Part.NORMS);
    Norm.Normalised h = lastNorm.forward(pass, x);
    List<PredictionModule.Kept> further = new ArrayList<>();
    if (extras.prediction() != 0) {
      Tensor stream = x;
      for (PredictionModule module : modules) {
        PredictionModule.Kept each = module.forward(pass, batch, stream, embedding_VD.values());
        further.add(each);
        stream = each.y_TD();
      }
    }
    profile.enter(Profile.Part.HEAD);
    double[] logp = new double[batch.positions()];
    Kept all = new Kept(batch, done, x, h.inv(), predicted(batch, h.values(), 0));
    Tensor dh = workspace.takeZeroed(DType.F32, batch.positions(), config.hiddenSize());
    headBackward(pass, all.predicted(), factor_T, towards, logp, dh);
    Tensor dx = lastNormBackward(pass, all, dh);
    if (!further.isEmpty()) {
      furtherBackward(pass, batch, further, factor_T, extras.prediction(), dx);
    }
    finishBackward(pass, all, dx);
    return logp;
  }

  /**
   * The prediction modules, deepest first; adds to {@code dx}, the gradient of the last block's
   * stream. Each module's loss counts {@code weight / modules}.
   */
  private void furtherBackward(
      Pass pass,
      PackedBatch batch,
      List<PredictionModule.Kept> further,
      double[] factor,
      double weight,
      Tensor dx) {
    int t = batch.positions();
    int d = config.hiddenSize();
    double share = weight / further.size();
    Tensor dStream = workspace.takeZeroed(DType.F32, t, d);
    for (int i = further.size() - 1; i >= 0; i--) {
      PredictionModule module = modules.get(i);
      PredictionModule.Kept each = further.get(i);
      Predicted predicted = predicted(batch, each.h_TD(), module.ahead());
      double[] shifted = new double[t];
      for (int row : predicted.rows()) {
        shifted[row] = share * factor[row + module.ahead()];
      }
      profile.enter(Profile.Part.HEAD);
      Tensor dh = workspace.takeZeroed(DType.F32, t, d);
      double[] logp = new double[t];
      headBackward(pass, predicted, shifted, null, logp, dh);
      for (int row : predicted.rows()) {
        furtherLogProb += batch.weight(row + module.ahead()) * logp[row] / further.size();
      }
      Tensor before = i == 0 ? dx : workspace.takeZeroed(DType.F32, t, d);
      Tensor dEmbedding = module.backward(pass, each, dh, dStream, before);
      embeddingBackward(each.tokens_T(), dEmbedding);
      dStream = before;
    }
    profile.enter(Profile.Part.OTHER);
  }

  /**
   * Sum over tokens of weight times log-probability that the prediction modules gave in the last
   * {@link #forwardBackward}, averaged over modules.
   */
  public double furtherLogProb() {
    return furtherLogProb;
  }

  /**
   * The sequence-wise balance loss (DeepSeek-V3, eq. 17, without alpha) of the last {@link
   * #forwardBackward} with a balance, each sequence counted as often as it has positions, summed
   * over layers.
   */
  public double balanceLoss() {
    return balancing().stream().mapToDouble(MixtureFeedForward::balanceLoss).sum();
  }

  private List<MixtureFeedForward> balancing() {
    List<MixtureFeedForward> out = new ArrayList<>();
    for (Block block : allBlocks()) {
      if (block.feedForward() instanceof MixtureFeedForward mixture) {
        out.add(mixture);
      }
    }
    return out;
  }

  /** The model's blocks and those of prediction modules, which are numbered after them. */
  private List<Block> allBlocks() {
    List<Block> out = new ArrayList<>(blocks);
    modules.forEach(module -> out.add(module.block()));
    return out;
  }

  /** Logits of rows {@code from} to {@code to}, left in the returned tensors. */
  private HeadRows headForward(Pass pass, Predicted p, int from, int to, double[] logp) {
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
                Elementwise.copyRow(p.h_TD(), p.rows()[from + i], picked, i, d);
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
                p.lse_R()[from + i] = SoftmaxLoss.logSumExp(s, (long) i * v, v);
                long at = (long) i * v + p.target_R()[from + i];
                logp[p.rows()[from + i]] =
                    (double) s.getAtIndex(ValueLayout.JAVA_FLOAT, at) - p.lse_R()[from + i];
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
    Pass pass = pass(batch, 0);
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
    Pass pass = pass(k.batch(), 0);
    profile.enter(Profile.Part.HEAD);
    int t = k.batch().positions();
    Tensor dh = workspace.takeZeroed(DType.F32, t, config.hiddenSize());
    headBackward(pass, k.predicted(), factor_T, null, new double[t], dh);
    finishBackward(pass, k, lastNormBackward(pass, k, dh));
  }

  private Tensor lastNormBackward(Pass pass, Kept k, Tensor dh) {
    profile.enter(Profile.Part.NORMS);
    int t = dh.rows();
    Tensor dx = pass.f32(t, config.hiddenSize());
    lastNorm.backward(pass, Rows.of(k.x_TD()), k.inv_T(), Rows.of(dh), Rows.of(dx), t, false);
    return dx;
  }

  private void finishBackward(Pass pass, Kept k, Tensor dx) {
    for (int i = blocks.size() - 1; i >= 0; i--) {
      blocks.get(i).backward(pass, k.done(), 2 * i, dx);
    }
    int[] tokens = new int[k.batch().positions()];
    for (int t = 0; t < tokens.length; t++) {
      tokens[t] = k.batch().input(t);
    }
    embeddingBackward(tokens, dx);
    profile.enter(Profile.Part.OTHER);
    workspace.reset();
  }

  /**
   * Logits again, block by block, and their gradient; fills {@code dh}, and {@code logp} with
   * log-probabilities or divergences.
   */
  private void headBackward(
      Pass pass,
      Predicted p,
      double[] factor,
      @Nullable TopPredictions towards,
      double[] logp,
      Tensor dh) {
    int n = p.rows().length;
    for (int from = 0; from < n; from += HEAD_ROWS) {
      int to = Math.min(n, from + HEAD_ROWS);
      Workspace.Mark mark = workspace.mark();
      HeadRows head = headForward(pass, p, from, to, logp);
      headBackward(pass, p, head, from, to, factor, towards, logp, dh);
      workspace.release(mark);
    }
  }

  private void headBackward(
      Pass pass,
      Predicted p,
      HeadRows head,
      int from,
      int to,
      double[] factor,
      @Nullable TopPredictions towards,
      double[] logp,
      Tensor dh) {
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
                int r = from + i;
                int t = p.rows()[r];
                long row = (long) i * v;
                float lse = p.lse_R()[r];
                float f = (float) factor[t];
                if (towards == null) {
                  SoftmaxLoss.gradient(logits, row, lse, p.target_R()[r], f, dLogits, v);
                } else {
                  logp[t] =
                      SoftmaxLoss.gradientTowards(logits, row, lse, towards, r, f, dLogits, v);
                }
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
                Elementwise.copyRow(dPicked, i, dh, p.rows()[from + i], d);
              }
            });
    pass.accumulate(dLogits, head.picked_RD(), head_VD);
  }

  /** Adds each position's gradient to its token's row; columns are split, so rows never collide. */
  private void embeddingBackward(int[] tokens_T, Tensor dx) {
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
              for (int i = 0; i < tokens_T.length; i++) {
                Elementwise.axpy(
                    1, in, (long) i * d + from, out, (long) tokens_T[i] * d + from, to - from);
              }
            });
  }

  /** Expert loads per mixture layer since the last {@link #balance}, prediction modules last. */
  public List<ExpertLoad> loads() {
    List<ExpertLoad> out = new ArrayList<>();
    List<Block> all = allBlocks();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).feedForward() instanceof MixtureFeedForward mixture) {
        out.add(new ExpertLoad(i, mixture.load()));
      }
    }
    return out;
  }

  /** Moves router biases towards balance and forgets the loads. */
  public void balance(double gamma) {
    for (MixtureFeedForward mixture : balancing()) {
      mixture.balance(gamma);
      mixture.resetLoad();
    }
  }

  /** The largest attention score of any head since the last {@link #clipScores}. */
  public double largestScore() {
    double largest = 0;
    for (Block block : allBlocks()) {
      for (float score : block.mixer().largestScores()) {
        largest = Math.max(largest, score);
      }
    }
    return largest;
  }

  /**
   * QK-clip (Kimi K2, arXiv 2507.20534, section 2.1): shrinks the query and key weights of every
   * head whose largest score since the last call was above {@code limit}, so that it would have
   * been the limit; then forgets the scores.
   *
   * @param limit tau; 0 changes nothing
   * @return how many heads were clipped
   */
  public int clipScores(double limit) {
    int clipped = 0;
    for (Block block : allBlocks()) {
      float[] largest = block.mixer().largestScores();
      for (int head = 0; limit > 0 && head < largest.length; head++) {
        if (largest[head] > limit) {
          block.mixer().shrinkScores(head, limit / largest[head]);
          clipped++;
        }
      }
      Arrays.fill(largest, 0);
    }
    if (clipped > 0) {
      parameters.round(compute.workers());
    }
    return clipped;
  }

  @Override
  public void close() {
    workspace.close();
    scope.close();
  }
}

package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.LANES;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.Moe;
import dev.mneme.model.checkpoint.CheckpointReader;
import dev.mneme.model.kernel.MatMul;
import dev.mneme.model.kernel.Vec;
import dev.mneme.model.layer.Profile;
import dev.mneme.model.layer.Profile.Part;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.TensorScope;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A {@link Decoder} on the processor. */
public final class CpuDecoder implements Decoder {
  /** Rows whose logits are computed together, and that are decoded together, at least. */
  private static final int FEWEST_HEAD_ROWS = 16;

  /** At most: many sequences share what it costs to pass an expert's weights through. */
  private static final int MOST_HEAD_ROWS = 64;

  /** Logits held at once, 16 MB: a vocabulary may be wide. */
  private static final int HEAD_FLOATS = 1 << 22;

  /** Weights that pass through the processor in well under a millisecond a stage. */
  private static final long BRIEF_BYTES = 1L << 30;

  private final ModelConfig config;
  private final Precision precision;
  private final Prefill prefill;
  private final TensorScope scope;
  private final Team team;
  private final Weights weights;
  private final Batch batch;
  private final float[] headIn;
  private final float[] headOut;
  private final int[] headStarts;
  private final int[] headOutStarts;
  private final String isa;
  private final float eps;
  private final int mostHeadRows;
  private final int cacheWidth;
  private final Team.Work program = this::forward;
  private final ReentrantLock lock = new ReentrantLock();
  private final Profile profile = new Profile();
  private boolean closed;

  /** What the current program does with the last layer's rows. */
  private int headFrom;

  private int headRows;
  private float @Nullable [] routers;

  private CpuDecoder(
      CheckpointReader from, Precision precision, Prefill prefill, TensorScope scope, Team team) {
    this.config = from.config();
    this.precision = precision;
    this.prefill = prefill;
    this.scope = scope;
    this.team = team;
    this.weights = new Weights(from, scope, precision, team);
    this.batch = new Batch(team, new RopeTable(config.rope()), config.hiddenSize());
    String library = "";
    // Asked last: loading a library takes a while, and invariant prompts need none.
    if (prefill == Prefill.FAST
        && precision != Precision.F32
        && MatMul.best().supports(DType.BF16)) {
      MatMul matMul = MatMul.best();
      library = ", " + matMul.isa();
      Gemm[] gemms = new Gemm[team.size()];
      for (int i = 0; i < gemms.length; i++) {
        gemms[i] = new Gemm(scope, matMul, weights.widest());
      }
      batch.use(gemms);
    }
    this.isa = Vec.LANES * 32 + "-bit vectors" + library;
    this.eps = (float) config.rmsNormEps();
    this.cacheWidth = weights.blocks.get(0).attention().cacheWidth();
    int vocabulary = PackedMatrix.pad(config.vocabSize());
    // Fast products round many rows in another way than few; a step is always of few.
    mostHeadRows =
        prefill == Prefill.INVARIANT
            ? Math.clamp(HEAD_FLOATS / vocabulary, FEWEST_HEAD_ROWS, MOST_HEAD_ROWS)
            : FEWEST_HEAD_ROWS;
    headIn = new float[mostHeadRows * batch.width + LANES];
    headOut = new float[mostHeadRows * vocabulary];
    headStarts = Batch.starts(batch.width, 0, mostHeadRows);
    headOutStarts = Batch.starts(vocabulary, 0, mostHeadRows);
  }

  /**
   * Loads a checkpoint folder.
   *
   * @param threads threads to compute on, at least 1
   * @throws dev.mneme.model.checkpoint.CheckpointException naming file, tensor, found and expected;
   *     nothing stays loaded
   */
  @MustBeClosed
  public static CpuDecoder open(Path folder, Precision precision, Prefill prefill, int threads) {
    try (CheckpointReader from = CheckpointReader.open(folder)) {
      return of(from, precision, prefill, threads);
    }
  }

  /** The same, prompts {@link Prefill#FAST}. */
  @MustBeClosed
  public static CpuDecoder open(Path folder, Precision precision, int threads) {
    return open(folder, precision, Prefill.FAST, threads);
  }

  /** Loads an opened checkpoint, which may be closed afterwards. */
  @MustBeClosed
  public static CpuDecoder of(
      CheckpointReader from, Precision precision, Prefill prefill, int threads) {
    Team team = new Team(threads);
    TensorScope scope = new TensorScope();
    try {
      return new CpuDecoder(from, precision, prefill, scope, team);
    } catch (RuntimeException | Error e) {
      scope.close();
      team.close();
      throw e;
    }
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public Precision precision() {
    return precision;
  }

  /**
   * Has the kernels of a bf16 model compiled before the first prompt needs them; takes a few tenths
   * of a second, mostly asleep. Prompts that come meanwhile wait for it, though not for long.
   */
  public static void warmUp() {
    WarmUp.PROCESS.run();
  }

  /** How prompts are multiplied. */
  public Prefill prefill() {
    return prefill;
  }

  /** What the products run on, for humans. */
  public String isa() {
    return isa;
  }

  /** Where the time of the calls so far went; read and reset it between calls only. */
  Profile profile() {
    return profile;
  }

  /** Threads that compute. */
  public int threads() {
    return team.size();
  }

  @Override
  @MustBeClosed
  public Sequence newSequence() {
    return new NativeSequence(this, config.layers(), cacheWidth, config.maxPositions());
  }

  @Override
  @MustBeClosed
  public Sequence fork(Sequence parent, int tokens) {
    lock.lock();
    try {
      NativeSequence from = own(parent);
      if (tokens < 0 || tokens > from.length()) {
        throw new IllegalArgumentException(
            "cannot fork at " + tokens + " tokens, the sequence has " + from.length());
      }
      NativeSequence fork =
          new NativeSequence(this, config.layers(), cacheWidth, config.maxPositions());
      fork.copyFrom(from, tokens);
      return fork;
    } finally {
      lock.unlock();
    }
  }

  private NativeSequence own(Sequence sequence) {
    if (sequence instanceof NativeSequence s && s.belongsTo(this)) {
      s.checkOpen();
      return s;
    }
    throw new IllegalArgumentException("the sequence was made by another decoder");
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the decoder is closed");
    }
  }

  private void checkTokens(int[] tokens, int from, int to) {
    if (from < 0 || to > tokens.length || from >= to) {
      throw new IllegalArgumentException(
          "tokens " + from + " to " + to + " of " + tokens.length + ": expected at least one");
    }
    for (int i = from; i < to; i++) {
      if (tokens[i] < 0 || tokens[i] >= config.vocabSize()) {
        throw new IllegalArgumentException(
            "token id "
                + tokens[i]
                + " at index "
                + i
                + " is beyond the vocabulary, expected 0 to "
                + (config.vocabSize() - 1));
      }
    }
  }

  private void checkRoom(int length, int more) {
    if (more > config.maxPositions() - length) {
      throw new IllegalArgumentException(
          "a text of "
              + (length + more)
              + " tokens is beyond the context, expected at most "
              + config.maxPositions());
    }
  }

  private void checkLogits(float[] logits) {
    if (logits.length < config.vocabSize()) {
      throw new IllegalArgumentException(
          "room for " + logits.length + " logits, expected " + config.vocabSize());
    }
  }

  @Override
  public void prefill(Sequence s, int[] tokens, int from, int to, float[] logits) {
    WarmUp.PROCESS.await();
    lock.lock();
    try {
      checkOpen();
      NativeSequence sequence = own(s);
      checkTokens(tokens, from, to);
      checkRoom(sequence.length(), to - from);
      checkLogits(logits);
      sequence.reserve(sequence.length() + to - from);
      for (int at = from; at < to; at += Batch.MAX_ROWS) {
        int end = Math.min(to, at + Batch.MAX_ROWS);
        headRows = end == to ? 1 : 0;
        headFrom = end - at - 1;
        append(sequence, tokens, at, end);
      }
      copyLogits(0, logits, 0);
    } finally {
      lock.unlock();
    }
  }

  private void append(NativeSequence sequence, int[] tokens, int from, int to) {
    profile.enter(Part.EMBEDDING);
    batch.rows = to - from;
    batch.rope.ensure(sequence.length() + batch.rows);
    for (int i = 0; i < batch.rows; i++) {
      batch.sequences[i] = sequence;
      batch.positions[i] = sequence.length() + i;
      weights.embed(tokens[from + i], batch.x, batch.starts[i]);
    }
    run();
    sequence.appended(batch.rows);
  }

  private void run() {
    try {
      team.run(program, batch.rows <= mostHeadRows && weights.byteSize() < BRIEF_BYTES);
    } finally {
      Arrays.fill(batch.sequences, 0, batch.rows, null);
      profile.enter(Part.OTHER);
    }
  }

  private void copyLogits(int row, float[] to, int at) {
    System.arraycopy(headOut, headOutStarts[row], to, at, config.vocabSize());
  }

  @Override
  public void step(Sequence[] s, int n, int[] tokens, float[][] logits) {
    lock.lock();
    try {
      checkOpen();
      if (n < 1 || n > s.length || n > logits.length) {
        throw new IllegalArgumentException(
            n + " sequences, expected 1 to " + Math.min(s.length, logits.length));
      }
      checkTokens(tokens, 0, n);
      for (int i = 0; i < n; i++) {
        NativeSequence sequence = own(s[i]);
        checkRoom(sequence.length(), 1);
        checkLogits(logits[i]);
        for (int j = 0; j < i; j++) {
          if (s[j].equals(sequence)) {
            throw new IllegalArgumentException(
                "sequence " + i + " is sequence " + j + " again, expected each once");
          }
        }
      }
      for (int at = 0; at < n; at += mostHeadRows) {
        stepSome(s, tokens, logits, at, Math.min(n, at + mostHeadRows));
      }
    } finally {
      lock.unlock();
    }
  }

  private void stepSome(Sequence[] s, int[] tokens, float[][] logits, int from, int to) {
    profile.enter(Part.EMBEDDING);
    batch.rows = to - from;
    for (int i = 0; i < batch.rows; i++) {
      NativeSequence sequence = own(s[from + i]);
      sequence.reserve(sequence.length() + 1);
      batch.rope.ensure(sequence.length() + 1);
      batch.sequences[i] = sequence;
      batch.positions[i] = sequence.length();
      weights.embed(tokens[from + i], batch.x, batch.starts[i]);
    }
    headFrom = 0;
    headRows = batch.rows;
    run();
    for (int i = 0; i < to - from; i++) {
      own(s[from + i]);
      ((NativeSequence) s[from + i]).appended(1);
      copyLogits(i, logits[from + i], 0);
    }
  }

  @Override
  public float[] logits(int[] tokens) {
    lock.lock();
    try (NativeSequence sequence =
        new NativeSequence(this, config.layers(), cacheWidth, config.maxPositions())) {
      checkOpen();
      checkTokens(tokens, 0, tokens.length);
      checkRoom(0, tokens.length);
      sequence.reserve(tokens.length);
      float[] out = new float[Math.multiplyExact(tokens.length, config.vocabSize())];
      for (int at = 0; at < tokens.length; at += mostHeadRows) {
        int end = Math.min(tokens.length, at + mostHeadRows);
        headFrom = 0;
        headRows = end - at;
        append(sequence, tokens, at, end);
        for (int i = 0; i < end - at; i++) {
          copyLogits(i, out, (at + i) * config.vocabSize());
        }
      }
      return out;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public TextEmbedding embed(int[] tokens) {
    lock.lock();
    try (NativeSequence sequence =
        new NativeSequence(this, config.layers(), cacheWidth, config.maxPositions())) {
      checkOpen();
      checkTokens(tokens, 0, tokens.length);
      checkRoom(0, tokens.length);
      sequence.reserve(tokens.length);
      int d = config.hiddenSize();
      double[] sum = new double[d];
      float[] last = new float[d];
      Moe moe = config.moe();
      float[] weightsOfLast =
          new float[moe == null ? 0 : (config.layers() - moe.firstDense()) * moe.experts()];
      for (int at = 0; at < tokens.length; at += Batch.MAX_ROWS) {
        int end = Math.min(tokens.length, at + Batch.MAX_ROWS);
        headRows = 0;
        routers = end == tokens.length ? weightsOfLast : null;
        append(sequence, tokens, at, end);
        for (int i = 0; i < end - at; i++) {
          Rows.rmsNorm(
              batch.x,
              batch.starts[i],
              weights.finalNorm,
              d,
              batch.width,
              eps,
              batch.h,
              batch.starts[i]);
          System.arraycopy(batch.h, batch.starts[i], last, 0, d);
          for (int c = 0; c < d; c++) {
            sum[c] += last[c];
          }
        }
      }
      float[] mean = new float[d];
      for (int c = 0; c < d; c++) {
        mean[c] = (float) (sum[c] / tokens.length);
      }
      return new TextEmbedding(mean, last, weightsOfLast);
    } finally {
      routers = null;
      lock.unlock();
    }
  }

  /** The program of all threads: the rows of {@link #batch} through all layers. */
  private void forward(int t) {
    int mixture = 0;
    for (int i = 0; i < weights.blocks.size(); i++) {
      Weights.Block block = weights.blocks.get(i);
      enter(Part.NORMS, t);
      normalise(block.attentionNorm(), t);
      enter(Part.ATTENTION, t);
      block.attention().run(batch, t);
      enter(Part.NORMS, t);
      normalise(block.feedForwardNorm(), t);
      enter(block.feedForward().part(), t);
      block.feedForward().run(batch, t);
      if (block.feedForward() instanceof MoeLayer layer) {
        float[] to = routers;
        if (to != null && t == 0) {
          int experts = to.length / mixtures();
          layer.routerSoftmax(batch.rows - 1, to, mixture * experts);
        }
        mixture++;
      }
    }
    if (headRows > 0) {
      enter(Part.NORMS, t);
      for (int i = team.share(headRows, t); i < team.share(headRows, t + 1); i++) {
        Rows.rmsNorm(
            batch.x,
            batch.starts[headFrom + i],
            weights.finalNorm,
            config.hiddenSize(),
            batch.width,
            eps,
            headIn,
            headStarts[i]);
      }
      team.barrier();
      enter(Part.HEAD, t);
      int panels = weights.head.panels();
      weights.head.multiply(
          team.share(panels, t),
          team.share(panels, t + 1),
          headRows,
          headIn,
          headStarts,
          headOut,
          headOutStarts,
          0);
    }
  }

  /** Thread 0 keeps the time of all: parts end at barriers. */
  private void enter(Part part, int t) {
    if (t == 0) {
      profile.enter(part);
    }
  }

  private int mixtures() {
    Moe moe = config.moe();
    return moe == null ? 1 : Math.max(1, config.layers() - moe.firstDense());
  }

  private void normalise(float[] weight, int t) {
    for (int i = team.share(batch.rows, t); i < team.share(batch.rows, t + 1); i++) {
      Rows.rmsNorm(
          batch.x,
          batch.starts[i],
          weight,
          config.hiddenSize(),
          batch.width,
          eps,
          batch.h,
          batch.starts[i]);
    }
    team.barrier();
  }

  @Override
  public long weightBytes() {
    return weights.byteSize();
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        team.close();
        scope.close();
      }
    } finally {
      lock.unlock();
    }
  }
}

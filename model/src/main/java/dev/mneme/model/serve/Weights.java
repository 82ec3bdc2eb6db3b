package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.LANES;
import static dev.mneme.model.serve.PackedMatrix.pad;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.mneme.model.Attention;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.Moe;
import dev.mneme.model.checkpoint.CheckpointReader;
import dev.mneme.model.checkpoint.TensorView;
import dev.mneme.model.kernel.Bf16;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.TensorScope;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The layers of a model, their weights packed from a checkpoint into one scope. Reads one tensor at
 * a time, so that loading needs little more memory than the result.
 */
final class Weights {
  /** One decoder block. */
  @SuppressWarnings("ArrayRecordComponent") // only ever read, never compared
  record Block(
      float[] attentionNorm,
      AttentionLayer attention,
      float[] feedForwardNorm,
      FeedForward feedForward) {}

  private final CheckpointReader from;
  private final ModelConfig config;
  private final TensorScope scope;
  private final Precision precision;
  private final Team team;
  private final boolean bf16File;

  final List<Block> blocks = new ArrayList<>();
  final float[] finalNorm;
  final PackedMatrix head;
  private final @Nullable MemorySegment embedding;
  private long bytes;
  private int widest;

  Weights(CheckpointReader from, TensorScope scope, Precision precision, Team team) {
    this.from = from;
    this.config = from.config();
    this.scope = scope;
    this.precision = precision;
    this.team = team;
    this.bf16File = from.dtype() == dev.mneme.model.checkpoint.DType.BF16;
    if (config.tieWordEmbeddings()) {
      embedding = null;
      head = matrix("model.embed_tokens.weight");
    } else {
      embedding = table(from.tensor("model.embed_tokens.weight"));
      head = matrix("lm_head.weight");
    }
    LayerFactory factory = new LayerFactory();
    for (int layer = 0; layer < config.layers(); layer++) {
      blocks.add(factory.block(layer));
    }
    finalNorm = norm("model.norm.weight");
  }

  /** Columns of the widest matrix. */
  int widest() {
    return widest;
  }

  /** Bytes of matrices and tables. */
  long byteSize() {
    return bytes;
  }

  /** Copies a token's embedding to float {@code at}. */
  void embed(int token, float[] to, int at) {
    int d = config.hiddenSize();
    if (embedding == null) {
      head.row(token, d, to, at);
    } else if (!bf16File) {
      MemorySegment.copy(embedding, JAVA_FLOAT, 4L * token * d, to, at, d);
    } else {
      for (int c = 0; c < d; c++) {
        to[at + c] = Bf16.toFloat(embedding.getAtIndex(JAVA_SHORT, (long) token * d + c));
      }
    }
  }

  private MemorySegment table(TensorView view) {
    boolean f32 = !bf16File;
    MemorySegment table = scope.zeros(f32 ? DType.F32 : DType.BF16, view.count()).segment();
    int d = config.hiddenSize();
    float[] row = new float[d];
    for (long i = 0; i < view.count(); i += d) {
      view.copyTo(i, row, 0, d);
      for (int c = 0; c < d; c++) {
        if (f32) {
          table.setAtIndex(JAVA_FLOAT, i + c, row[c]);
        } else {
          table.setAtIndex(JAVA_SHORT, i + c, Bf16.fromFloat(row[c]));
        }
      }
    }
    bytes += table.byteSize();
    return table;
  }

  private float[] norm(String name) {
    float[] values = from.tensor(name).toFloats();
    return Arrays.copyOf(values, pad(values.length));
  }

  private PackedMatrix packed(Precision as, int rows, int columns) {
    PackedMatrix matrix = new PackedMatrix(scope, as, bf16File, rows, columns);
    bytes += matrix.byteSize();
    widest = Math.max(widest, matrix.columns());
    return matrix;
  }

  private PackedMatrix matrix(String name) {
    return matrix(name, precision);
  }

  private PackedMatrix matrix(String name, Precision as) {
    TensorView view = from.tensor(name);
    int rows = rows(view);
    PackedMatrix matrix = packed(as, pad(rows), columns(view));
    add(matrix, view, 0, rows);
    return matrix;
  }

  private static int rows(TensorView view) {
    return Math.toIntExact(view.shape().get(0));
  }

  private static int columns(TensorView view) {
    return Math.toIntExact(view.shape().get(1));
  }

  private static void add(PackedMatrix matrix, TensorView view, int first, int count) {
    add(matrix, view, count, r -> first + r);
  }

  /** Appends {@code count} rows; row i is the tensor's row {@code order(i)}. */
  private static void add(PackedMatrix matrix, TensorView view, int count, IntUnaryOperator order) {
    int k = columns(view);
    float[] panel = new float[LANES * k];
    for (int r = 0; r < count; r += LANES) {
      int lanes = Math.min(LANES, count - r);
      for (int lane = 0; lane < lanes; lane++) {
        view.copyTo((long) order.applyAsInt(r + lane) * k, panel, lane * k, k);
      }
      matrix.add(panel, 0, lanes, k);
    }
  }

  /** A matrix whose columns come in groups that are padded in the input. */
  private PackedMatrix groupedColumns(String name, int groups, int group, int padded) {
    TensorView view = from.tensor(name);
    int rows = rows(view);
    int k = columns(view);
    PackedMatrix matrix = packed(precision, pad(rows), groups * padded);
    float[] row = new float[k];
    float[] panel = new float[LANES * groups * padded];
    for (int r = 0; r < rows; r += LANES) {
      int lanes = Math.min(LANES, rows - r);
      for (int lane = 0; lane < lanes; lane++) {
        view.copyTo((long) (r + lane) * k, row, 0, k);
        for (int g = 0; g < groups; g++) {
          System.arraycopy(row, g * group, panel, (lane * groups + g) * padded, group);
        }
      }
      matrix.add(panel, 0, lanes, groups * padded);
    }
    return matrix;
  }

  private SwiGlu swiGlu(String prefix) {
    TensorView gate = from.tensor(prefix + "gate_proj.weight");
    TensorView up = from.tensor(prefix + "up_proj.weight");
    int width = rows(gate);
    PackedMatrix gateUp = packed(precision, 2 * pad(width), columns(gate));
    for (int r = 0; r < width; r += LANES) {
      int lanes = Math.min(LANES, width - r);
      add(gateUp, gate, r, lanes);
      add(gateUp, up, r, lanes);
    }
    return new SwiGlu(gateUp, matrix(prefix + "down_proj.weight"));
  }

  /** Even dimensions first, then odd: interleaved pairs become (i, i + half). */
  private static int deinterleave(int i, int size) {
    return i < size / 2 ? 2 * i : 2 * (i - size / 2) + 1;
  }

  /** Builds layers; holds the scratch that layers of one kind share. */
  private final class LayerFactory {
    private final float eps = (float) config.rmsNormEps();
    private final float scale = config.rope().scoreScale();
    private final MlaLayer.@Nullable Scratch mla;
    private final GqaLayer.@Nullable Scratch gqa;
    private final MoeLayer.@Nullable Scratch moe;
    private DenseLayer.@Nullable Scratch dense;

    LayerFactory() {
      int d = config.hiddenSize();
      int positions = config.maxPositions();
      mla =
          config.attention() instanceof Attention.Mla a
              ? new MlaLayer.Scratch(a, d, positions, team)
              : null;
      gqa =
          config.attention() instanceof Attention.Gqa a
              ? new GqaLayer.Scratch(a, d, positions, team)
              : null;
      Moe mixture = config.moe();
      moe = mixture == null ? null : new MoeLayer.Scratch(mixture, d, team);
    }

    Block block(int layer) {
      String p = "model.layers." + layer + ".";
      return new Block(
          norm(p + "input_layernorm.weight"),
          attention(layer, p + "self_attn."),
          norm(p + "post_attention_layernorm.weight"),
          feedForward(layer, p + "mlp."));
    }

    private AttentionLayer attention(int layer, String p) {
      return switch (config.attention()) {
        case Attention.Mla a -> {
          if (mla == null) {
            throw new AssertionError("latent attention without its scratch");
          }
          yield new MlaLayer(layer, a, mlaParts(a, mla, p), mla, scale, eps);
        }
        case Attention.Gqa a -> {
          if (gqa == null) {
            throw new AssertionError("grouped attention without its scratch");
          }
          yield new GqaLayer(layer, a, gqaParts(a, p), gqa, scale, eps);
        }
      };
    }

    private MlaLayer.Parts mlaParts(Attention.Mla a, MlaLayer.Scratch s, String p) {
      TensorView kvA = from.tensor(p + "kv_a_proj_with_mqa.weight");
      int r = a.kvLoraRank();
      int rope = a.qkRopeHeadDim();
      PackedMatrix down =
          packed(precision, s.queryLatent + s.latent + s.ropeWidth, config.hiddenSize());
      Integer rank = a.qLoraRank();
      float[] queryNorm = null;
      TensorView q;
      if (rank == null) {
        q = from.tensor(p + "q_proj.weight");
      } else {
        add(down, from.tensor(p + "q_a_proj.weight"), 0, rank);
        queryNorm = norm(p + "q_a_layernorm.weight");
        q = from.tensor(p + "q_b_proj.weight");
      }
      add(down, kvA, 0, r);
      add(down, kvA, rope, i -> r + deinterleave(i, rope));
      int no = a.qkNopeHeadDim();
      PackedMatrix query = packed(precision, a.heads() * (s.nopeWidth + s.ropeWidth), columns(q));
      for (int head = 0; head < a.heads(); head++) {
        int first = head * (no + rope);
        add(query, q, first, no);
        add(query, q, rope, i -> first + no + deinterleave(i, rope));
      }
      // The two halves of kv_b stay at least bf16: they are small and act on every cached token.
      Precision fine = precision == Precision.INT8 ? Precision.BF16 : precision;
      PackedMatrix[] absorb = new PackedMatrix[a.heads()];
      PackedMatrix[] expand = new PackedMatrix[a.heads()];
      TensorView kvB = from.tensor(p + "kv_b_proj.weight");
      int v = a.vHeadDim();
      float[] key = new float[no * r];
      float[] transposed = new float[r * no];
      for (int head = 0; head < a.heads(); head++) {
        int first = head * (no + v);
        kvB.copyTo((long) first * r, key, 0, no * r);
        for (int i = 0; i < no; i++) {
          for (int j = 0; j < r; j++) {
            transposed[j * no + i] = key[i * r + j];
          }
        }
        absorb[head] = packed(fine, s.latent, no).add(transposed, 0, r, no);
        expand[head] = packed(fine, s.valueWidth, r);
        add(expand[head], kvB, first + no, v);
      }
      return new MlaLayer.Parts(
          down,
          queryNorm,
          norm(p + "kv_a_layernorm.weight"),
          query,
          absorb,
          expand,
          groupedColumns(p + "o_proj.weight", a.heads(), v, s.valueWidth));
    }

    private GqaLayer.Parts gqaParts(Attention.Gqa a, String p) {
      int dim = a.headDim();
      PackedMatrix qkv =
          packed(precision, (a.heads() + 2 * a.kvHeads()) * pad(dim), config.hiddenSize());
      addHeads(qkv, p + "q_proj.weight", a.heads(), dim);
      addHeads(qkv, p + "k_proj.weight", a.kvHeads(), dim);
      addHeads(qkv, p + "v_proj.weight", a.kvHeads(), dim);
      return new GqaLayer.Parts(
          qkv,
          a.qkNorm() ? norm(p + "q_norm.weight") : null,
          a.qkNorm() ? norm(p + "k_norm.weight") : null,
          groupedColumns(p + "o_proj.weight", a.heads(), dim, pad(dim)));
    }

    private void addHeads(PackedMatrix matrix, String name, int heads, int dim) {
      TensorView view = from.tensor(name);
      for (int head = 0; head < heads; head++) {
        add(matrix, view, head * dim, dim);
      }
    }

    private FeedForward feedForward(int layer, String p) {
      Moe mixture = config.moe();
      if (mixture == null || moe == null || !config.isMoe(layer)) {
        if (dense == null) {
          dense = new DenseLayer.Scratch(config.intermediateSize(), config.hiddenSize());
        }
        return new DenseLayer(swiGlu(p), dense);
      }
      SwiGlu[] experts = new SwiGlu[mixture.experts()];
      for (int e = 0; e < experts.length; e++) {
        experts[e] = swiGlu(p + "experts." + e + ".");
      }
      return new MoeLayer(
          new MoeLayer.Parts(
              matrix(p + "gate.weight", Precision.F32),
              mixture.correctionBias()
                  ? from.tensor(p + "gate.e_score_correction_bias").toFloats()
                  : null,
              experts,
              mixture.sharedExperts() > 0 ? swiGlu(p + "shared_experts.") : null),
          moe);
    }
  }
}

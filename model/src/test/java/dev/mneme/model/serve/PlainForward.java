package dev.mneme.model.serve;

import dev.mneme.model.Attention;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.Moe;
import dev.mneme.model.Rope;
import dev.mneme.model.checkpoint.CheckpointReader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The forward pass as the papers write it: doubles, loops, expanded keys and values, no cache. The
 * control that the fast decoder is compared with; slow and plain on purpose.
 */
final class PlainForward {
  private final ModelConfig config;
  private final Map<String, float[]> weights = new HashMap<>();

  PlainForward(Path folder) {
    try (CheckpointReader from = CheckpointReader.open(folder)) {
      config = from.config();
      for (String name : from.names()) {
        weights.put(name, from.tensor(name).toFloats());
      }
    }
  }

  private float[] w(String name) {
    return Objects.requireNonNull(weights.get(name), name);
  }

  private double[] linear(String name, double[] x) {
    float[] m = w(name);
    int k = x.length;
    double[] y = new double[m.length / k];
    for (int r = 0; r < y.length; r++) {
      for (int c = 0; c < k; c++) {
        y[r] += m[r * k + c] * x[c];
      }
    }
    return y;
  }

  private double[] norm(String name, double[] x) {
    float[] weight = w(name);
    double sum = 0;
    for (double v : x) {
      sum += v * v;
    }
    double scale = 1 / Math.sqrt(sum / x.length + config.rmsNormEps());
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = x[i] * scale * weight[i];
    }
    return y;
  }

  private static double[] slice(double[] x, int from, int count) {
    return java.util.Arrays.copyOfRange(x, from, from + count);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** Rotates pair i = (x[first(i)], x[second(i)]). */
  private static double[] rotate(Rope rope, double[] x, int position, boolean interleaved) {
    double[] y = x.clone();
    for (int i = 0; i < rope.pairs(); i++) {
      int a = interleaved ? 2 * i : i;
      int b = interleaved ? 2 * i + 1 : i + rope.pairs();
      double angle = position * rope.frequency(i);
      double cos = Math.cos(angle) * rope.magnitude();
      double sin = Math.sin(angle) * rope.magnitude();
      y[a] = x[a] * cos - x[b] * sin;
      y[b] = x[a] * sin + x[b] * cos;
    }
    return y;
  }

  float[] logits(int[] ids) {
    int n = ids.length;
    int d = config.hiddenSize();
    float[] embedding = w("model.embed_tokens.weight");
    double[][] x = new double[n][d];
    for (int t = 0; t < n; t++) {
      for (int c = 0; c < d; c++) {
        x[t][c] = embedding[ids[t] * d + c];
      }
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      String p = "model.layers." + layer + ".";
      double[][] h = new double[n][];
      for (int t = 0; t < n; t++) {
        h[t] = norm(p + "input_layernorm.weight", x[t]);
      }
      double[][] a =
          switch (config.attention()) {
            case Attention.Mla mla -> mla(mla, p + "self_attn.", h);
            case Attention.Gqa gqa -> gqa(gqa, p + "self_attn.", h);
          };
      for (int t = 0; t < n; t++) {
        add(x[t], a[t], 1);
        double[] normed = norm(p + "post_attention_layernorm.weight", x[t]);
        Moe moe = config.moe();
        add(
            x[t],
            moe != null && config.isMoe(layer)
                ? moe(moe, p + "mlp.", normed)
                : swiGlu(p + "mlp.", normed),
            1);
      }
    }
    float[] out = new float[n * config.vocabSize()];
    String head = config.tieWordEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight";
    for (int t = 0; t < n; t++) {
      double[] y = linear(head, norm("model.norm.weight", x[t]));
      for (int i = 0; i < y.length; i++) {
        out[t * config.vocabSize() + i] = (float) y[i];
      }
    }
    return out;
  }

  private static void add(double[] x, double[] y, double weight) {
    for (int i = 0; i < x.length; i++) {
      x[i] += weight * y[i];
    }
  }

  private double[][] attend(
      double[][][] q, double[][][] k, double[][][] v, double scale, String o) {
    int n = q.length;
    int heads = q[0].length;
    double[][] out = new double[n][];
    for (int t = 0; t < n; t++) {
      int width = v[0][0].length;
      double[] joined = new double[heads * width];
      for (int head = 0; head < heads; head++) {
        double[] p = new double[t + 1];
        double sum = 0;
        for (int u = 0; u <= t; u++) {
          p[u] = Math.exp(dot(q[t][head], k[u][head]) * scale);
          sum += p[u];
        }
        for (int u = 0; u <= t; u++) {
          for (int c = 0; c < width; c++) {
            joined[head * width + c] += p[u] / sum * v[u][head][c];
          }
        }
      }
      out[t] = linear(o, joined);
    }
    return out;
  }

  private double[][] mla(Attention.Mla a, String p, double[][] h) {
    Rope rope = config.rope();
    int no = a.qkNopeHeadDim();
    int ro = a.qkRopeHeadDim();
    double[][][] q = new double[h.length][a.heads()][];
    double[][][] k = new double[h.length][a.heads()][];
    double[][][] v = new double[h.length][a.heads()][];
    for (int t = 0; t < h.length; t++) {
      double[] query =
          a.qLoraRank() == null
              ? linear(p + "q_proj.weight", h[t])
              : linear(
                  p + "q_b_proj.weight",
                  norm(p + "q_a_layernorm.weight", linear(p + "q_a_proj.weight", h[t])));
      double[] ckr = linear(p + "kv_a_proj_with_mqa.weight", h[t]);
      double[] kv =
          linear(
              p + "kv_b_proj.weight",
              norm(p + "kv_a_layernorm.weight", slice(ckr, 0, a.kvLoraRank())));
      double[] key = rotate(rope, slice(ckr, a.kvLoraRank(), ro), t, true);
      for (int head = 0; head < a.heads(); head++) {
        int at = head * (no + ro);
        q[t][head] = join(slice(query, at, no), rotate(rope, slice(query, at + no, ro), t, true));
        int from = head * (no + a.vHeadDim());
        k[t][head] = join(slice(kv, from, no), key);
        v[t][head] = slice(kv, from + no, a.vHeadDim());
      }
    }
    return attend(q, k, v, rope.scoreScale(), p + "o_proj.weight");
  }

  private static double[] join(double[] a, double[] b) {
    double[] out = java.util.Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, out, a.length, b.length);
    return out;
  }

  private double[][] gqa(Attention.Gqa a, String p, double[][] h) {
    Rope rope = config.rope();
    int dim = a.headDim();
    double[][][] q = new double[h.length][a.heads()][];
    double[][][] k = new double[h.length][a.heads()][];
    double[][][] v = new double[h.length][a.heads()][];
    for (int t = 0; t < h.length; t++) {
      double[] query = linear(p + "q_proj.weight", h[t]);
      double[] key = linear(p + "k_proj.weight", h[t]);
      double[] value = linear(p + "v_proj.weight", h[t]);
      for (int head = 0; head < a.heads(); head++) {
        int group = head / (a.heads() / a.kvHeads());
        double[] qh = slice(query, head * dim, dim);
        double[] kh = slice(key, group * dim, dim);
        if (a.qkNorm()) {
          qh = norm(p + "q_norm.weight", qh);
          kh = norm(p + "k_norm.weight", kh);
        }
        q[t][head] = rotate(rope, qh, t, false);
        k[t][head] = rotate(rope, kh, t, false);
        v[t][head] = slice(value, group * dim, dim);
      }
    }
    return attend(q, k, v, rope.scoreScale(), p + "o_proj.weight");
  }

  private double[] swiGlu(String p, double[] x) {
    double[] gate = linear(p + "gate_proj.weight", x);
    double[] up = linear(p + "up_proj.weight", x);
    for (int i = 0; i < gate.length; i++) {
      gate[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
    }
    return linear(p + "down_proj.weight", gate);
  }

  private double[] moe(Moe moe, String p, double[] x) {
    double[] scores = linear(p + "gate.weight", x);
    double sum = 0;
    for (int e = 0; e < scores.length; e++) {
      scores[e] =
          switch (moe.scoring()) {
            case SIGMOID -> 1 / (1 + Math.exp(-scores[e]));
            case SOFTMAX -> Math.exp(scores[e]);
          };
      sum += scores[e];
    }
    double[] biased = new double[scores.length];
    for (int e = 0; e < scores.length; e++) {
      if (moe.scoring() == Moe.Scoring.SOFTMAX) {
        scores[e] /= sum;
      }
      biased[e] = scores[e] + (moe.correctionBias() ? w(p + "gate.e_score_correction_bias")[e] : 0);
    }
    int size = moe.experts() / moe.groups();
    double[] groupScores = new double[moe.groups()];
    for (int g = 0; g < moe.groups(); g++) {
      double[] sorted = slice(biased, g * size, size);
      java.util.Arrays.sort(sorted);
      groupScores[g] = sorted[size - 1] + (moe.correctionBias() ? sorted[size - 2] : 0);
    }
    double[] ranked = groupScores.clone();
    java.util.Arrays.sort(ranked);
    double bar = ranked[moe.groups() - moe.topkGroup()];
    double[] eligible = biased.clone();
    for (int e = 0; e < eligible.length; e++) {
      if (groupScores[e / size] < bar) {
        eligible[e] = Double.NEGATIVE_INFINITY;
      }
    }
    double[] order = eligible.clone();
    java.util.Arrays.sort(order);
    double least = order[order.length - moe.expertsPerToken()];
    double chosen = 0;
    for (int e = 0; e < scores.length; e++) {
      chosen += eligible[e] >= least ? scores[e] : 0;
    }
    double[] y = new double[x.length];
    for (int e = 0; e < scores.length; e++) {
      if (eligible[e] >= least) {
        double weight = moe.normTopkProb() ? scores[e] / chosen : scores[e];
        add(y, swiGlu(p + "experts." + e + ".", x), weight * moe.routedScalingFactor());
      }
    }
    if (moe.sharedExperts() > 0) {
      add(y, swiGlu(p + "shared_experts.", x), 1);
    }
    return y;
  }
}

package dev.mneme.model.kernel;

import dev.mneme.model.Moe;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which experts a token visits and with what weight (DeepSeek-V3, arXiv 2412.19437, equations
 * 12-16; softmax scoring as in DeepSeek-V2). Ties go to the expert with the lower number.
 * Immutable; {@link #route} uses scratch of the caller's thread only.
 *
 * <p>Selection looks at the score plus the correction bias, the weight at the score alone. With
 * groups, a group counts the sum of its two best biased scores (sigmoid) or its best (softmax), and
 * only experts of the best groups may be selected.
 */
public final class Router {
  private static final float TINY = 1e-20f;

  private final int experts;
  private final int perToken;
  private final int groups;
  private final int topGroups;
  private final boolean sigmoid;
  private final boolean normalise;
  private final float factor;

  public Router(Moe moe) {
    this.experts = moe.experts();
    this.perToken = moe.expertsPerToken();
    this.groups = moe.groups();
    this.topGroups = moe.topkGroup();
    this.sigmoid = moe.scoring() == Moe.Scoring.SIGMOID;
    this.normalise = moe.normTopkProb();
    this.factor = (float) moe.routedScalingFactor();
  }

  /**
   * Routes one token.
   *
   * @param scores_E router logits on entry, scores on return
   * @param bias_E correction bias, or null
   * @param chosen receives the experts of this token from index {@code at} on
   * @param weights receives their weights
   * @param biased_E scratch of the same length as the scores
   */
  public void route(
      float[] scores_E,
      float @Nullable [] bias_E,
      int[] chosen,
      float[] weights,
      int at,
      float[] biased_E) {
    if (sigmoid) {
      for (int e = 0; e < experts; e++) {
        scores_E[e] = (float) (1 / (1 + Math.exp(-scores_E[e])));
      }
    } else {
      softmax(scores_E);
    }
    for (int e = 0; e < experts; e++) {
      biased_E[e] = bias_E == null ? scores_E[e] : scores_E[e] + bias_E[e];
    }
    if (groups > 1 && topGroups < groups) {
      keepBestGroups(biased_E);
    }
    float sum = 0;
    for (int k = 0; k < perToken; k++) {
      int best = 0;
      for (int e = 1; e < experts; e++) {
        if (biased_E[e] > biased_E[best]) {
          best = e;
        }
      }
      biased_E[best] = Float.NEGATIVE_INFINITY;
      chosen[at + k] = best;
      weights[at + k] = scores_E[best];
      sum += scores_E[best];
    }
    float scale = normalise && perToken > 1 ? factor / (sum + TINY) : factor;
    for (int k = 0; k < perToken; k++) {
      weights[at + k] *= scale;
    }
  }

  private static void softmax(float[] x) {
    float max = Float.NEGATIVE_INFINITY;
    for (float v : x) {
      max = Math.max(max, v);
    }
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) Math.exp(x[i] - max);
      sum += x[i];
    }
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (x[i] / sum);
    }
  }

  private void keepBestGroups(float[] biased) {
    int width = experts / groups;
    float[] value = new float[groups];
    for (int g = 0; g < groups; g++) {
      float first = Float.NEGATIVE_INFINITY;
      float second = Float.NEGATIVE_INFINITY;
      for (int e = g * width; e < (g + 1) * width; e++) {
        if (biased[e] > first) {
          second = first;
          first = biased[e];
        } else if (biased[e] > second) {
          second = biased[e];
        }
      }
      value[g] = sigmoid && width > 1 ? first + second : first;
    }
    boolean[] keep = new boolean[groups];
    for (int k = 0; k < topGroups; k++) {
      int best = -1;
      for (int g = 0; g < groups; g++) {
        if (!keep[g] && (best < 0 || value[g] > value[best])) {
          best = g;
        }
      }
      keep[best] = true;
    }
    for (int g = 0; g < groups; g++) {
      if (!keep[g]) {
        Arrays.fill(biased, g * width, (g + 1) * width, Float.NEGATIVE_INFINITY);
      }
    }
  }

  /**
   * The gradient of one token's logits. It flows through the weights of the selected experts (and
   * through their normalisation), not through the selection.
   *
   * @param scores_E scores as {@link #route} left them
   * @param chosen experts of this token from index {@code at} on
   * @param dWeights gradient of their weights, likewise
   * @param dShare gradient of each expert's share of the scores' sum from index {@code share} on,
   *     or null
   * @param dLogits_E receives the gradient
   */
  public void backward(
      float[] scores_E,
      int[] chosen,
      float[] dWeights,
      int at,
      float @Nullable [] dShare,
      int share,
      float[] dLogits_E) {
    Arrays.fill(dLogits_E, 0);
    float sum = 0;
    float dot = 0;
    for (int k = 0; k < perToken; k++) {
      sum += scores_E[chosen[at + k]];
      dot += scores_E[chosen[at + k]] * dWeights[at + k];
    }
    for (int k = 0; k < perToken; k++) {
      float d = dWeights[at + k];
      // w_k = factor s_k / sum: the sum's own derivative couples the selected scores.
      dLogits_E[chosen[at + k]] =
          normalise && perToken > 1 ? factor * (d - dot / (sum + TINY)) / (sum + TINY) : factor * d;
    }
    if (dShare != null) {
      addShares(scores_E, dShare, share, dLogits_E);
    }
    if (sigmoid) {
      for (int e = 0; e < experts; e++) {
        dLogits_E[e] *= scores_E[e] * (1 - scores_E[e]);
      }
    } else {
      float mean = 0;
      for (int e = 0; e < experts; e++) {
        mean += scores_E[e] * dLogits_E[e];
      }
      for (int e = 0; e < experts; e++) {
        dLogits_E[e] = scores_E[e] * (dLogits_E[e] - mean);
      }
    }
  }

  /** share_e = s_e / sum(s), so every score takes part in every share. */
  private void addShares(float[] scores_E, float[] dShare, int at, float[] dScores_E) {
    float total = TINY;
    float mean = 0;
    for (int e = 0; e < experts; e++) {
      total += scores_E[e];
      mean += scores_E[e] * dShare[at + e];
    }
    for (int e = 0; e < experts; e++) {
      dScores_E[e] += (dShare[at + e] - mean / total) / total;
    }
  }
}

package dev.mneme.model.train;

import dev.mneme.model.Attention;
import dev.mneme.model.Family;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.Moe;
import java.util.List;

/**
 * The shape of the starter checkpoint: DeepSeek-V3's architecture at the size one CPU can train.
 * docs/experiments.md has the trials that chose it.
 */
public final class StarterShape {
  private StarterShape() {}

  /**
   * The configuration.
   *
   * @param vocabulary entries of the tokenizer, padded to a multiple of 64 for the kernels
   * @param context longest text in tokens
   * @param beginId id that begins a text
   * @param endId id that ends a reply
   */
  public static ModelConfig config(int vocabulary, int context, int beginId, int endId) {
    return new ModelConfig(
        Family.DEEPSEEK_V3,
        (vocabulary + 63) / 64 * 64,
        192,
        4,
        512,
        new Attention.Mla(4, null, 64, 32, 32, 64),
        new Moe(8, 2, 1, 192, 1, 1, Moe.Scoring.SIGMOID, true, true, 1.0, 1),
        10_000,
        null,
        1e-6,
        context,
        true,
        0,
        0.02,
        beginId,
        List.of(endId));
  }
}

package dev.mneme.model.serve;

/**
 * What a decoder makes of a text, as vectors to compare texts by (MoEE, arXiv 2410.10814): hidden
 * states say what comes next, router weights say which experts felt responsible. Compare the parts
 * by cosine separately and add the similarities. Immutable.
 */
public final class TextEmbedding {
  private final float[] meanHidden;
  private final float[] lastHidden;
  private final float[] routerWeights;

  TextEmbedding(float[] meanHidden, float[] lastHidden, float[] routerWeights) {
    this.meanHidden = meanHidden;
    this.lastHidden = lastHidden;
    this.routerWeights = routerWeights;
  }

  /** The last layer's normalised state, averaged over the tokens: {@code hidden_size} values. */
  public float[] meanHidden() {
    return meanHidden.clone();
  }

  /** The last layer's normalised state of the last token: {@code hidden_size} values. */
  public float[] lastHidden() {
    return lastHidden.clone();
  }

  /**
   * Softmax of the router's logits for the last token, one mixture layer after the other: layers
   * times experts values; empty for a dense model.
   */
  public float[] routerWeights() {
    return routerWeights.clone();
  }
}

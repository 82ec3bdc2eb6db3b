package dev.mneme.cli.models;

import static java.util.Objects.requireNonNull;

import dev.mneme.ltm.Embedder;
import dev.mneme.model.LanguageModel;
import dev.mneme.model.serve.TextEmbedding;

/**
 * Our own language model as the memory's embedder: hidden states say what a text is about, the
 * routers of a mixture of experts say which experts felt responsible (MoEE, Li and Zhou, "Your
 * Mixture-of-Experts LLM Is Secretly an Embedding Model for Free", arXiv 2410.10814).
 *
 * <p>The vector holds both parts, each of length one over the root of two, so that the product of
 * two vectors is the mean of the two cosines: comparing the parts apart and adding does better than
 * comparing them joined. A dense model has the first part only. Thread-safe; owns the model.
 */
public final class ModelEmbedder implements Embedder {
  /** Change it with every change of the recipe: vectors of two recipes are never compared. */
  private static final String RECIPE = "moee-1";

  private final LanguageModel model;
  private final String id;
  private final int most;
  private final int dimensions;

  public ModelEmbedder(LanguageModel model) {
    this.model = requireNonNull(model, "model is null");
    this.id = idOf(model.contentHash());
    // A character is at most four bytes, and a byte at most one token.
    this.most = Math.max(1, model.contextTokens() / 4);
    this.dimensions = vector(model.embed("a")).length;
  }

  /** The id of the embedder that a model with this content hash would be. */
  static String idOf(String contentHash) {
    return RECIPE + ":" + contentHash.substring(0, 12);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public int dimensions() {
    return dimensions;
  }

  @Override
  public float[] embed(String text) {
    return vector(model.embed(text.substring(0, Math.min(most, text.length()))));
  }

  private static float[] vector(TextEmbedding made) {
    float[] hidden = made.meanHidden();
    float[] routers = made.routerWeights();
    float[] vector = new float[hidden.length + routers.length];
    double share = routers.length == 0 ? 1 : Math.sqrt(0.5);
    put(hidden, share, vector, 0);
    put(routers, share, vector, hidden.length);
    return vector;
  }

  private static void put(float[] part, double length, float[] vector, int at) {
    double sum = 0;
    for (float each : part) {
      sum += (double) each * each;
    }
    double scale = sum == 0 ? 0 : length / Math.sqrt(sum);
    for (int i = 0; i < part.length; i++) {
      vector[at + i] = (float) (part[i] * scale);
    }
  }

  @Override
  public void close() {
    model.close();
  }
}

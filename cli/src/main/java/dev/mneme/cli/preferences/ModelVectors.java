package dev.mneme.cli.preferences;

import dev.mneme.ltm.Embedder;
import dev.mneme.model.LanguageModel;
import dev.mneme.preference.Similarity;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * The vectors of one of our checkpoints as the extractor's {@link Similarity}, opened when first
 * asked for. Without a checkpoint, words alone. Confined to one thread.
 */
public final class ModelVectors implements AutoCloseable {
  private static final int LONGEST = 600;

  private final @Nullable Path folder;
  private @Nullable LanguageModel model;
  private @Nullable Similarity similarity;

  /**
   * @param folder of a checkpoint; null for words alone
   */
  public ModelVectors(@Nullable Path folder) {
    this.folder = folder;
  }

  public Similarity similarity() {
    return folder == null ? Similarity.LEXICAL_ONLY : this::between;
  }

  private double between(String first, String second) {
    if (similarity == null) {
      similarity = new EmbeddedSimilarity(new MeanStates(open()));
    }
    return similarity.between(first, second);
  }

  @SuppressWarnings("MustBeClosedChecker") // closed with this object
  private LanguageModel open() {
    if (folder == null) {
      throw new IllegalStateException("there is no checkpoint to take vectors from");
    }
    if (model == null) {
      model = LanguageModel.open(folder, LanguageModel.Options.defaults(InstantSource.system()));
    }
    return model;
  }

  @Override
  public void close() {
    if (model != null) {
      model.close();
      model = null;
    }
  }

  /**
   * The mean of the last layer's states over a text, at length one.
   *
   * <p>Not the memory's {@code ModelEmbedder}, which adds the routers and reads more of a text:
   * with other vectors the extractor would take other messages for rephrasings.
   */
  private record MeanStates(LanguageModel model) implements Embedder {
    @Override
    public String id() {
      return "mean-states/1 " + model.contentHash();
    }

    @Override
    public int dimensions() {
      return model.config().hiddenSize();
    }

    @Override
    public float[] embed(String text) {
      // What a request is about stands at its beginning; what is pasted below it may be long.
      String head = text.length() <= LONGEST ? text : text.substring(0, LONGEST);
      float[] vector = model.embed(head).meanHidden();
      double square = 0;
      for (float each : vector) {
        square += (double) each * each;
      }
      float scale = (float) (1 / Math.sqrt(Math.max(square, 1e-12)));
      for (int i = 0; i < vector.length; i++) {
        vector[i] *= scale;
      }
      return vector;
    }
  }
}

package dev.mneme.cli.preferences;

import dev.mneme.ltm.Embedder;
import dev.mneme.preference.Similarity;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How alike two requests are in meaning, by the vectors of an embedder.
 *
 * <p>Vectors of one model all point roughly the same way, some models' much more than others'. So
 * the cosine is read on a scale of the embedder's own: 0 is the most alike that two of our
 * unrelated sentences are to it, 1 is the same text. Confined to one thread.
 */
public final class EmbeddedSimilarity implements Similarity {
  private static final int KEPT = 4_096;

  /** About nothing in common; as short as requests are. */
  private static final List<String> UNRELATED =
      List.of(
          "How long do I boil an egg?",
          "Write a polite letter to my landlord about the heating.",
          "What is the capital of Norway?",
          "Sort this list of numbers in Java.",
          "My train leaves at seven, wake me at six.",
          "Explain why the sky is blue.",
          "Which of these shoes should I buy?",
          "Translate good night into Spanish.",
          "Who painted the ceiling of the chapel?",
          "Give me three names for a kitten.");

  private final Embedder embedder;
  private final double floor;
  private final Map<String, float[]> vectors =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, float[]> eldest) {
          return size() > KEPT;
        }
      };

  /**
   * @param embedder stays the caller's
   */
  public EmbeddedSimilarity(Embedder embedder) {
    this.embedder = embedder;
    double most = 0;
    for (int i = 0; i < UNRELATED.size(); i++) {
      for (int j = 0; j < i; j++) {
        most = Math.max(most, cosine(UNRELATED.get(i), UNRELATED.get(j)));
      }
    }
    this.floor = most;
  }

  @Override
  public double between(String first, String second) {
    if (first.isBlank() || second.isBlank() || floor >= 1) {
      return 0;
    }
    return Math.clamp((cosine(first, second) - floor) / (1 - floor), 0, 1);
  }

  private double cosine(String first, String second) {
    float[] a = vectors.computeIfAbsent(first, embedder::embed);
    float[] b = vectors.computeIfAbsent(second, embedder::embed);
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}

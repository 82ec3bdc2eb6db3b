package dev.mneme.ltm;

import dev.mneme.data.Hashes;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * An embedder for tests: the sum of a random direction a word, where words of the same meaning
 * share theirs.
 */
record HashEmbedder(String id, int dimensions, Map<String, String> synonyms) implements Embedder {
  @Override
  public float[] embed(String text) {
    float[] sum = new float[dimensions];
    List<String> words = new Words().of(text);
    for (String word : words) {
      String meaning = synonyms.getOrDefault(word, word);
      var random = new Random(Hashes.subSeed(7, id, meaning));
      for (int i = 0; i < dimensions; i++) {
        sum[i] += (float) random.nextGaussian();
      }
    }
    double norm = 0;
    for (float x : sum) {
      norm += x * x;
    }
    if (norm == 0) {
      sum[0] = 1;
      return sum;
    }
    for (int i = 0; i < dimensions; i++) {
      sum[i] /= (float) Math.sqrt(norm);
    }
    return sum;
  }
}

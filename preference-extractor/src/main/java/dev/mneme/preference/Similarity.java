package dev.mneme.preference;

/**
 * How alike two requests are in meaning, in [0, 1]; usually the cosine of two embeddings. Optional:
 * without one the extractor compares words, with one it takes the larger of the two, and only on
 * pairs that share at least one content word, so a port need not be fast.
 */
@FunctionalInterface
public interface Similarity {
  double between(String first, String second);

  /** Words alone. */
  Similarity LEXICAL_ONLY = (first, second) -> 0;
}

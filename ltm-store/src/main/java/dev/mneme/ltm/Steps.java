package dev.mneme.ltm;

/**
 * Told between the steps of writing and indexing, on the thread that takes them; tests stop the
 * world there. The steps are {@code applied}, {@code journalled}, {@code committed}, {@code
 * flushed} (writer), {@code indexed}, {@code index-prepared}, {@code index-committed} (indexer) and
 * {@code embedded}, {@code embedded-all}, {@code embedder-took-over}, {@code others-dropped}
 * (embedder).
 */
@FunctionalInterface
interface Steps {
  void reached(String step);
}

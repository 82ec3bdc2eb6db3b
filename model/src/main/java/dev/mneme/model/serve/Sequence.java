package dev.mneme.model.serve;

/**
 * One text being decoded: the cache of its tokens. Made by {@link Decoder#newSequence} or {@link
 * Decoder#fork}; the caller closes, which frees the cache. Used by one thread at a time.
 */
public interface Sequence extends AutoCloseable {
  /** Tokens in the cache. */
  int length();

  /** Forgets the tokens from {@code length} on: the next token takes that position. */
  void truncate(int length);

  /** Bytes that the cache occupies now. */
  long cacheBytes();

  /** Frees the cache. Idempotent; any later use is an {@link IllegalStateException}. */
  @Override
  void close();
}

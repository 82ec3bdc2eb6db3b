package dev.mneme.model.generate;

import dev.mneme.model.serve.Decoder;
import dev.mneme.model.serve.Sequence;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Finished sequences, kept so that a prompt which begins like one of them need not be computed
 * again: the next turn of a conversation, or another conversation with the same system prompt.
 * Bounded by tokens; the least recently used goes first. Used by the scheduler's thread only.
 */
final class PrefixCache implements AutoCloseable {
  /** Fewer shared tokens are not worth a copy of the cache. */
  static final int SHORTEST = 8;

  private static final int MOST_ENTRIES = 64;

  @SuppressWarnings("ArrayRecordComponent") // never compared by value
  private record Entry(int[] tokens, Sequence sequence) {
    boolean isPrefixOf(int[] other) {
      return tokens.length <= other.length && shared(tokens, other) == tokens.length;
    }
  }

  private final int mostTokens;
  private final Deque<Entry> newestFirst = new ArrayDeque<>();
  private int tokens;

  PrefixCache(int mostTokens) {
    this.mostTokens = mostTokens;
  }

  /**
   * A sequence that already has the longest known beginning of the prompt, short of its last token
   * (whose logits are wanted); null when there is none worth using. The caller owns it.
   */
  @SuppressWarnings("MustBeClosedChecker") // the caller owns what fork makes
  @Nullable Sequence fork(Decoder decoder, int[] prompt) {
    Entry best = null;
    int length = SHORTEST - 1;
    for (Entry each : newestFirst) {
      int common = Math.min(shared(each.tokens, prompt), prompt.length - 1);
      if (common > length) {
        best = each;
        length = common;
      }
    }
    if (best == null) {
      return null;
    }
    newestFirst.remove(best);
    newestFirst.addFirst(best);
    return decoder.fork(best.sequence, length);
  }

  /** Takes over a sequence whose cache holds these tokens. */
  void put(int[] text, Sequence sequence) {
    if (text.length > mostTokens || text.length < SHORTEST) {
      sequence.close();
      return;
    }
    // A beginning of the new one is redundant; the new one may itself be redundant.
    for (Iterator<Entry> all = newestFirst.iterator(); all.hasNext(); ) {
      Entry each = all.next();
      if (each.isPrefixOf(text)) {
        all.remove();
        drop(each);
      }
    }
    newestFirst.addFirst(new Entry(text, sequence));
    tokens += text.length;
    while (tokens > mostTokens || newestFirst.size() > MOST_ENTRIES) {
      drop(newestFirst.removeLast());
    }
  }

  /** Tokens held now. */
  int tokens() {
    return tokens;
  }

  private void drop(Entry entry) {
    tokens -= entry.tokens.length;
    entry.sequence.close();
  }

  static int shared(int[] a, int[] b) {
    int mismatch = Arrays.mismatch(a, b);
    return mismatch < 0 ? a.length : mismatch;
  }

  @Override
  public void close() {
    newestFirst.forEach(each -> each.sequence.close());
    newestFirst.clear();
    tokens = 0;
  }
}

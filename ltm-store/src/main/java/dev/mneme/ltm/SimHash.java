package dev.mneme.ltm;

import java.util.Locale;

/**
 * A 64-bit fingerprint of a text whose Hamming distance grows with how much two texts differ
 * (Charikar, "Similarity estimation techniques from rounding algorithms", 2002), over words and
 * pairs of words. 0 stands for a text without words.
 */
final class SimHash {
  /** At most this far apart, two texts say the same. */
  static final int NEAR = 3;

  private static final int WORDS = 4_000;

  private SimHash() {}

  static long of(String text) {
    int[] votes = new int[64];
    long before = 0;
    int words = 0;
    int start = -1;
    for (int i = 0; i <= text.length(); i++) {
      boolean inside = i < text.length() && Character.isLetterOrDigit(text.charAt(i));
      if (inside && start < 0) {
        start = i;
      } else if (!inside && start >= 0) {
        long word = hash(text.substring(start, i).toLowerCase(Locale.ROOT));
        vote(votes, word);
        if (words > 0) {
          vote(votes, mix(before * 31 + word));
        }
        before = word;
        start = -1;
        if (++words == WORDS) {
          break;
        }
      }
    }
    if (words == 0) {
      return 0;
    }
    long result = 0;
    for (int bit = 0; bit < 64; bit++) {
      if (votes[bit] > 0) {
        result |= 1L << bit;
      }
    }
    return result == 0 ? 1 : result;
  }

  /** True when both have words and say the same, give or take a word in a long text. */
  static boolean near(long a, long b) {
    return a != 0 && b != 0 && Long.bitCount(a ^ b) <= NEAR;
  }

  private static void vote(int[] votes, long hash) {
    for (int bit = 0; bit < 64; bit++) {
      votes[bit] += (hash >>> bit & 1) == 1 ? 1 : -1;
    }
  }

  private static long hash(String word) {
    long h = 0xcbf29ce484222325L;
    for (int i = 0; i < word.length(); i++) {
      h = (h ^ word.charAt(i)) * 0x100000001b3L;
    }
    return mix(h);
  }

  /** The finalizer of SplitMix64. */
  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    long b = (a ^ (a >>> 27)) * 0x94d049bb133111ebL;
    return b ^ (b >>> 31);
  }
}

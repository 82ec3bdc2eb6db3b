package dev.mneme.preference;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds pairs that say nearly the same as one kept before, by MinHash (Broder 1997): the share of
 * equal minima estimates the Jaccard similarity of the word pairs, and banding finds the few worth
 * comparing. Bounded: 64 numbers a kept pair. Confined to one thread.
 */
final class NearDuplicates {
  private static final int HASHES = 64;
  private static final int ROWS = 8;

  private final double threshold;
  private final Map<Long, List<int[]>> bands = new HashMap<>();

  NearDuplicates(double threshold) {
    this.threshold = threshold;
  }

  /** Keeps the pair unless one nearly the same, of the same owner, was kept before. */
  boolean add(String owner, String request, String chosen, String rejected) {
    int[] signature = signature(request, chosen, rejected);
    var keys = new long[HASHES / ROWS];
    for (int band = 0; band < keys.length; band++) {
      long key = mix(owner.hashCode() * 31L + band);
      for (int row = 0; row < ROWS; row++) {
        key = mix(key ^ signature[band * ROWS + row]);
      }
      keys[band] = key;
      for (int[] other : bands.getOrDefault(key, List.of())) {
        if (alike(signature, other) >= threshold) {
          return false;
        }
      }
    }
    for (long key : keys) {
      bands.computeIfAbsent(key, k -> new ArrayList<>(1)).add(signature);
    }
    return true;
  }

  private static double alike(int[] a, int[] b) {
    int same = 0;
    for (int i = 0; i < HASHES; i++) {
      same += a[i] == b[i] ? 1 : 0;
    }
    return same / (double) HASHES;
  }

  private static int[] signature(String request, String chosen, String rejected) {
    Set<Long> shingles = new HashSet<>();
    shingle("q", request, shingles);
    shingle("c", chosen, shingles);
    shingle("r", rejected, shingles);
    int[] minima = new int[HASHES];
    java.util.Arrays.fill(minima, Integer.MAX_VALUE);
    for (long shingle : shingles) {
      long state = shingle;
      for (int i = 0; i < HASHES; i++) {
        state = mix(state + 0x9e3779b97f4a7c15L);
        int value = (int) (state >>> 32);
        if (value < minima[i]) {
          minima[i] = value;
        }
      }
    }
    return minima;
  }

  private static void shingle(String side, String text, Set<Long> into) {
    List<String> words = Borrowed.words(text);
    String before = side;
    for (String word : words) {
      into.add(mix(((long) before.hashCode() << 32) ^ word.hashCode() ^ (31L * side.hashCode())));
      before = word;
    }
  }

  /** The finalizer of SplitMix64. */
  private static long mix(long z) {
    long x = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
    return x ^ (x >>> 31);
  }
}

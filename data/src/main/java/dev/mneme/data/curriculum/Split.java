package dev.mneme.data.curriculum;

/**
 * Which texts are held out: a tenth, by a hash of the text alone.
 *
 * <p>So a template keeps its side of the split when files are reordered or grow, and a checkpoint
 * trained last month has still never seen this month's held-out wording.
 */
final class Split {
  private static final int PARTS = 10;

  private Split() {}

  /** True when this template or lexicon entry is never trained on. */
  static boolean heldOut(String text) {
    long hash = 0xcbf29ce484222325L; // FNV-1a, then a finaliser: its low bits alone are weak
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    hash ^= hash >>> 33;
    hash *= 0xff51afd7ed558ccdL;
    hash ^= hash >>> 33;
    return Math.floorMod(hash, PARTS) == 0;
  }
}

package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.F;
import static dev.mneme.model.kernel.Vec.LANES;

import dev.mneme.model.Rope;
import jdk.incubator.vector.FloatVector;

/**
 * Cosines and sines of the positions met so far. {@link #ensure} is called before the threads
 * start; rotating is then read-only.
 *
 * <p>Pairs are always (i, i + half): weights of interleaved heads are permuted when loaded, which
 * no product of a query with a key can notice.
 */
final class RopeTable {
  private final Rope rope;
  private final int pairs;
  private float[] cos = {};
  private float[] sin = {};
  private int positions;

  RopeTable(Rope rope) {
    this.rope = rope;
    this.pairs = rope.pairs();
  }

  void ensure(int needed) {
    if (needed > positions) {
      int grown = Math.max(needed, Math.max(256, 2 * positions));
      cos = rope.cosines(0, grown);
      sin = rope.sines(0, grown);
      positions = grown;
    }
  }

  /** Rotates the head at float {@code at} to a position. */
  void rotate(float[] x, int at, int position) {
    int table = position * pairs;
    if (pairs % LANES == 0) {
      for (int i = 0; i < pairs; i += LANES) {
        FloatVector c = FloatVector.fromArray(F, cos, table + i);
        FloatVector s = FloatVector.fromArray(F, sin, table + i);
        FloatVector a = FloatVector.fromArray(F, x, at + i);
        FloatVector b = FloatVector.fromArray(F, x, at + i + pairs);
        a.mul(c).sub(b.mul(s)).intoArray(x, at + i);
        a.mul(s).add(b.mul(c)).intoArray(x, at + i + pairs);
      }
      return;
    }
    for (int i = 0; i < pairs; i++) {
      float a = x[at + i];
      float b = x[at + i + pairs];
      x[at + i] = a * cos[table + i] - b * sin[table + i];
      x[at + i + pairs] = a * sin[table + i] + b * cos[table + i];
    }
  }
}

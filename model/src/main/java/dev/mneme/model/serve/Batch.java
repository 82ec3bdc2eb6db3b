package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.LANES;

import org.jspecify.annotations.Nullable;

/**
 * The rows that go through the layers together: tokens of one prompt, or one token of each of
 * several sequences. Layers do not care which.
 */
final class Batch {
  /** Rows at most: enough to keep weights in cache while they are used, and no more memory. */
  static final int MAX_ROWS = 256;

  final Team team;
  final RopeTable rope;

  /** The residual stream and its normalised copy, {@code [rows][width]}. */
  final float[] x;

  final float[] h;

  /** Floats from one row of {@link #x} to the next. */
  final int width;

  /** Where each row of {@link #x} starts. */
  final int[] starts;

  final @Nullable NativeSequence[] sequences = new NativeSequence[MAX_ROWS];
  final int[] positions = new int[MAX_ROWS];
  int rows;
  private Gemm[] gemms = {};

  Batch(Team team, RopeTable rope, int hiddenSize) {
    this.team = team;
    this.rope = rope;
    width = PackedMatrix.pad(hiddenSize);
    x = floats(width);
    h = floats(width);
    starts = starts(width);
  }

  /** Room for {@code width} floats of each row, and one vector beyond. */
  static float[] floats(int width) {
    return new float[Math.addExact(Math.multiplyExact(MAX_ROWS, width), PackedMatrix.pad(1))];
  }

  /** Offsets of rows {@code stride} floats apart. */
  static int[] starts(int stride) {
    return starts(stride, 0, MAX_ROWS);
  }

  static int[] starts(int stride, int first, int rows) {
    int[] starts = new int[rows];
    for (int i = 0; i < rows; i++) {
      starts[i] = Math.addExact(first, Math.multiplyExact(i, stride));
    }
    return starts;
  }

  NativeSequence sequence(int row) {
    NativeSequence sequence = sequences[row];
    if (sequence == null) {
      throw new AssertionError("row " + row + " of " + rows + " has no sequence");
    }
    return sequence;
  }

  /** From now on products of many rows go through these, one a thread. */
  void use(Gemm[] perThread) {
    gemms = perThread.clone();
  }

  /** {@code out = matrix * in} for {@code n} rows and panels {@code p0} to {@code p1}. */
  void multiply(
      PackedMatrix matrix,
      int p0,
      int p1,
      int n,
      float[] in,
      int[] from,
      float[] out,
      int[] to,
      int first,
      int thread) {
    if (gemms.length > 0 && n >= Gemm.FEWEST_ROWS) {
      gemms[thread].multiply(matrix, p0, p1, n, in, from, out, to, first);
    } else {
      matrix.multiply(p0, p1, n, in, from, out, to, first);
    }
  }

  /** {@code out = matrix * in} for all rows, this thread's share of the panels. */
  void multiply(PackedMatrix matrix, float[] in, int[] from, float[] out, int[] to, int thread) {
    int p0 = team.share(matrix.panels(), thread);
    int p1 = team.share(matrix.panels(), thread + 1);
    multiply(matrix, p0, p1, rows, in, from, out, to, 0, thread);
  }

  /**
   * {@code x += matrix * in} for all rows. Each thread adds what it computed itself, so nobody
   * waits in between.
   *
   * @param out room for the product
   */
  void multiplyAdd(PackedMatrix matrix, float[] in, int[] from, float[] out, int[] to, int thread) {
    multiply(matrix, in, from, out, to, thread);
    int p0 = team.share(matrix.panels(), thread);
    int p1 = team.share(matrix.panels(), thread + 1);
    int at = p0 * LANES;
    for (int i = 0; i < rows; i++) {
      Rows.add(x, starts[i] + at, out, to[i] + at, (p1 - p0) * LANES);
    }
  }
}

package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.LANES;

import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import java.lang.foreign.MemorySegment;

/**
 * A weight matrix laid out for products with one or a few vectors: panels of LANES rows, see {@link
 * PanelKernel}. Rows that do not fill a panel are padded with zeros, so outputs come in whole
 * panels.
 *
 * <p>Immutable after loading and thread-safe; the memory is its scope's.
 */
final class PackedMatrix {
  private static final PanelKernel F32 = new F32Kernel();
  private static final PanelKernel BF16 = new Bf16Kernel();
  private static final PanelKernel INT16 = new Int16Kernel();
  private static final PanelKernel INT8 = new Int8Kernel();

  private final PanelKernel kernel;
  private final Tensor memory;
  private final MemorySegment bytes;
  private final int panels;
  private final int columns;
  private final long panelBytes;
  private int filled;

  /**
   * Room for a matrix; {@link #add} fills it from the top.
   *
   * @param bf16File whether the weights are bf16 already, which two bytes then hold exactly
   * @param rows padded rows, a multiple of LANES
   */
  PackedMatrix(TensorScope scope, Precision precision, boolean bf16File, int rows, int columns) {
    kernel =
        switch (precision) {
          case F32 -> F32;
          case BF16 -> bf16File ? BF16 : INT16;
          case INT8 -> INT8;
        };
    if (rows % LANES != 0) {
      throw new IllegalArgumentException(rows + " rows are not a multiple of " + LANES);
    }
    this.columns = Math.ceilDiv(columns, kernel.columns()) * kernel.columns();
    panels = rows / LANES;
    panelBytes = kernel.panelBytes(this.columns);
    memory = scope.zeros(DType.I8, panels * panelBytes);
    bytes = memory.segment();
  }

  /** The next multiple of LANES. */
  static int pad(int n) {
    return Math.ceilDiv(n, LANES) * LANES;
  }

  /**
   * Appends row-major rows, padded to whole panels.
   *
   * @return this
   */
  PackedMatrix add(float[] rows, int from, int count, int stride) {
    for (int r = 0; r < count; r += LANES) {
      int lanes = Math.min(LANES, count - r);
      float[] panel = new float[lanes * columns];
      for (int lane = 0; lane < lanes; lane++) {
        System.arraycopy(
            rows, from + (r + lane) * stride, panel, lane * columns, Math.min(stride, columns));
      }
      if (filled == panels) {
        throw new IllegalArgumentException("more rows than the " + panels * LANES + " announced");
      }
      kernel.pack(panel, columns, lanes, columns, bytes, filled * panelBytes);
      filled++;
    }
    return this;
  }

  int panels() {
    return panels;
  }

  /** Padded columns. */
  int columns() {
    return columns;
  }

  /** One panel rounded to bf16, column c's rows at element {@code at + c * stride}. */
  void toBf16(int panel, MemorySegment to, long at, int stride) {
    kernel.toBf16(bytes, panel * panelBytes, columns, to, at, stride);
  }

  /** Bytes of weights and scales. */
  long byteSize() {
    return panels * panelBytes;
  }

  /** Copies padded row {@code row} out as f32. */
  void row(int row, int count, float[] to, int at) {
    long start = row / LANES * panelBytes;
    for (int c = 0; c < count; c++) {
      to[at + c] = kernel.get(bytes, start, columns, row % LANES, c);
    }
  }

  /**
   * {@code out[y + r] = sum_c w[r][c] in[x + c]} for the rows of panels {@code p0} to {@code p1}.
   */
  void multiply(int p0, int p1, float[] in, int x, float[] out, int y) {
    if (p1 - p0 < 4) {
      for (int p = p0; p < p1; p++) {
        kernel.one1(bytes, p * panelBytes, columns, in, x, out, y + p * LANES);
      }
      return;
    }
    // One panel alone waits for its own sums: a rest takes some panels before it once more.
    for (int p = p0; p < p1; p += 4) {
      int at = Math.min(p, p1 - 4);
      kernel.one4(bytes, at * panelBytes, panelBytes, columns, in, x, out, y + at * LANES);
    }
  }

  /**
   * The same for {@code n} vectors, vector i from {@code xs[first + i]} to {@code ys[first + i]}.
   * The result for a vector does not depend on the others.
   *
   * <p>Two panels at a time meet all vectors while they are in the nearest cache, so that weights
   * come from memory once.
   */
  void multiply(int p0, int p1, int n, float[] in, int[] xs, float[] out, int[] ys, int first) {
    int together = (n & 3) == 1 ? n - 1 : n;
    for (int p = p0; together > 0 && p < p1; p += 2) {
      boolean single = p1 - p0 == 1;
      int at = single ? p : Math.min(p, p1 - 2);
      pair(at, single ? 0 : 1, together, in, xs, out, ys, first);
    }
    if (together < n) {
      multiply(p0, p1, in, xs[first + together], out, ys[first + together]);
    }
  }

  /** Panels {@code p} and {@code p + next}, for a number of vectors that leaves no single one. */
  private void pair(
      int p, int next, int n, float[] in, int[] xs, float[] out, int[] ys, int first) {
    long w = p * panelBytes;
    long panel = next * panelBytes;
    int add = p * LANES;
    int step = next * LANES;
    int end = first + n;
    int i = first;
    for (; i + 2 < end; i += 4) {
      int last = Math.min(i + 3, end - 1); // of three vectors the last is computed twice
      kernel.four2(
          bytes,
          w,
          panel,
          columns,
          in,
          xs[i],
          xs[i + 1],
          xs[i + 2],
          xs[last],
          out,
          ys[i] + add,
          ys[i + 1] + add,
          ys[i + 2] + add,
          ys[last] + add,
          step);
    }
    if (i + 2 == end) {
      kernel.two2(
          bytes, w, panel, columns, in, xs[i], xs[i + 1], out, ys[i] + add, ys[i + 1] + add, step);
    }
  }
}

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
    int p = p0;
    for (; p + 4 <= p1; p += 4) {
      kernel.one4(bytes, p * panelBytes, panelBytes, columns, in, x, out, y + p * LANES);
    }
    for (; p < p1; p++) {
      kernel.one1(bytes, p * panelBytes, columns, in, x, out, y + p * LANES);
    }
  }

  /**
   * The same for {@code n} vectors, vector i from {@code xs[first + i]} to {@code ys[first + i]}.
   * The result for a vector does not depend on the others.
   */
  void multiply(int p0, int p1, int n, float[] in, int[] xs, float[] out, int[] ys, int first) {
    int quads = first + (n & ~3);
    int p = p0;
    for (; n >= kernel.fewestTiled() && p + 2 <= p1; p += 2) {
      kernel.tiles(
          bytes, p * panelBytes, panelBytes, columns, in, xs, out, ys, first, quads, p * LANES);
    }
    fours(p, p1, in, xs, out, ys, first, quads);
    for (int i = quads; i < first + n; i++) {
      multiply(p0, p1, in, xs[i], out, ys[i]);
    }
  }

  private void fours(
      int p0, int p1, float[] in, int[] xs, float[] out, int[] ys, int from, int to) {
    for (int p = p0; p < p1; p++) {
      for (int i = from; i < to; i += 4) {
        kernel.four1(
            bytes,
            p * panelBytes,
            columns,
            in,
            xs[i],
            xs[i + 1],
            xs[i + 2],
            xs[i + 3],
            out,
            ys[i] + p * LANES,
            ys[i + 1] + p * LANES,
            ys[i + 2] + p * LANES,
            ys[i + 3] + p * LANES);
      }
    }
  }
}

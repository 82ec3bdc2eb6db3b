package dev.mneme.model.serve;

import java.lang.foreign.MemorySegment;

/**
 * The inner loops of {@link PackedMatrix} for one element type. A panel is {@link
 * dev.mneme.model.kernel.Vec#LANES} output rows; weights of a panel are stored so that one vector
 * load brings the same few columns of all its rows, and each lane sums one row. So nothing is
 * reduced across lanes, one broadcast of an input serves several panels, and with four inputs a
 * loaded weight is used four times.
 *
 * <p>Every loop sums even and odd columns apart and adds the two at the end, so that an output has
 * the same bits whichever loop computed it: a sequence does not feel who shares its batch.
 *
 * <p>Offsets {@code w} and {@code panel} are in bytes, {@code x} and {@code y} in floats. Inputs
 * are read up to the next multiple of {@link #columns()}, where the weights are zero. Stateless.
 */
interface PanelKernel {
  /** Columns handled together; rows are padded to a multiple of it. */
  int columns();

  /** Bytes of one panel of {@code k} columns. */
  long panelBytes(int k);

  /** Stores element (lane, column) of the panel at byte {@code at}; all of a panel, in one go. */
  void pack(float[] rows, int stride, int lanes, int k, MemorySegment to, long at);

  /** Reads back element (lane, column), as close as it is stored. */
  float get(MemorySegment from, long at, int k, int lane, int column);

  /** One input, one panel. */
  void one1(MemorySegment m, long w, int k, float[] in, int x, float[] out, int y);

  /** One input, four panels {@code panel} bytes apart; 4 * LANES outputs. */
  void one4(MemorySegment m, long w, long panel, int k, float[] in, int x, float[] out, int y);

  /**
   * Two inputs, two panels {@code panel} bytes apart; a panel's outputs are {@code step} floats
   * after the other's. Both may be 0: then one panel is computed twice.
   */
  void two2(
      MemorySegment m,
      long w,
      long panel,
      int k,
      float[] in,
      int x0,
      int x1,
      float[] out,
      int y0,
      int y1,
      int step);

  /** Four inputs, two panels, as {@link #two2}. The last input may be the third again. */
  void four2(
      MemorySegment m,
      long w,
      long panel,
      int k,
      float[] in,
      int x0,
      int x1,
      int x2,
      int x3,
      float[] out,
      int y0,
      int y1,
      int y2,
      int y3,
      int step);

  /**
   * A panel's weights rounded to bf16: column c's LANES values at element {@code at + c * stride}.
   */
  void toBf16(MemorySegment m, long w, int k, MemorySegment to, long at, int stride);
}

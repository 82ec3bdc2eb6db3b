package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.F;
import static dev.mneme.model.kernel.Vec.LANES;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Panels of 16-bit weights with one f32 scale for each row and block of 64 columns: a block is the
 * LANES scales, then two columns at a time, each lane's pair in one 32-bit word. Rounded
 * symmetrically to -32767..32767, which keeps seven bits more than bf16 at the same size
 * (docs/adr/0021).
 *
 * <p>Each block is one call that adds into the output, for the reason {@link Int8Kernel} gives.
 */
final class Int16Kernel implements PanelKernel {
  private static final int BLOCK = 64;
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;

  @Override
  public int columns() {
    return 2;
  }

  @Override
  public long panelBytes(int k) {
    return 2L * LANES * k + 4L * LANES * Math.ceilDiv(k, BLOCK);
  }

  private static long block(int number) {
    return number * (4L + 2 * BLOCK) * LANES;
  }

  @Override
  public void pack(float[] rows, int stride, int lanes, int k, MemorySegment to, long at) {
    for (int lane = 0; lane < lanes; lane++) {
      for (int from = 0; from < k; from += BLOCK) {
        int end = Math.min(k, from + BLOCK);
        float largest = 0;
        for (int c = from; c < end; c++) {
          largest = Math.max(largest, Math.abs(rows[lane * stride + c]));
        }
        float scale = largest / 32767;
        long start = at + block(from / BLOCK);
        to.set(JAVA_FLOAT, start + 4L * lane, scale);
        for (int c = from; c < end; c++) {
          int value = scale == 0 ? 0 : Math.round(rows[lane * stride + c] / scale);
          to.set(
              JAVA_SHORT, start + word(c - from, lane), (short) Math.clamp(value, -32767, 32767));
        }
      }
    }
  }

  @Override
  public float get(MemorySegment from, long at, int k, int lane, int column) {
    long start = at + block(column / BLOCK);
    return from.get(JAVA_FLOAT, start + 4L * lane)
        * from.get(JAVA_SHORT, start + word(column % BLOCK, lane));
  }

  /** Byte of a weight inside its block. */
  private static long word(int column, int lane) {
    return 4L * LANES + 4L * ((column >> 1) * LANES + lane) + 2L * (column & 1);
  }

  private static IntVector load(MemorySegment m, long at) {
    return IntVector.fromMemorySegment(I, m, at, LITTLE_ENDIAN);
  }

  private static FloatVector floats(IntVector v) {
    return (FloatVector) v.convertShape(VectorOperators.I2F, F, 0);
  }

  private static FloatVector even(IntVector pairs) {
    return floats(pairs.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
  }

  private static FloatVector odd(IntVector pairs) {
    return floats(pairs.lanewise(VectorOperators.ASHR, 16));
  }

  private static FloatVector x(float[] in, int at) {
    return FloatVector.broadcast(F, in[at]);
  }

  /** {@code out = scales * sum}, or added to what earlier blocks left there. */
  private static void finish(
      FloatVector sum, MemorySegment m, long scales, float[] out, int y, boolean first) {
    FloatVector scale = FloatVector.fromMemorySegment(F, m, scales, LITTLE_ENDIAN);
    (first ? sum.mul(scale) : sum.fma(scale, FloatVector.fromArray(F, out, y))).intoArray(out, y);
  }

  @Override
  public void one1(MemorySegment m, long w, int k, float[] in, int x, float[] out, int y) {
    for (int c = 0; c < k; c += BLOCK) {
      one1Block(m, w + block(c / BLOCK), Math.min(BLOCK, k - c), in, x + c, out, y, c == 0);
    }
  }

  private static void one1Block(
      MemorySegment m, long w, int k, float[] in, int x, float[] out, int y, boolean first) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = FloatVector.zero(F);
    for (int c = 0; c < k; c += 2) {
      long at = w + (4L + 2L * c) * LANES;
      IntVector v = load(m, at);
      a = even(v).fma(x(in, x + c), a);
      b = odd(v).fma(x(in, x + c + 1), b);
    }
    finish(a.add(b), m, w, out, y, first);
  }

  @Override
  public void one4(
      MemorySegment m, long w, long panel, int k, float[] in, int x, float[] out, int y) {
    for (int c = 0; c < k; c += BLOCK) {
      one4Block(m, w + block(c / BLOCK), panel, Math.min(BLOCK, k - c), in, x + c, out, y, c == 0);
    }
  }

  private static void one4Block(
      MemorySegment m,
      long w,
      long panel,
      int k,
      float[] in,
      int x,
      float[] out,
      int y,
      boolean first) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    for (int c = 0; c < k; c += 2) {
      long at = w + (4L + 2L * c) * LANES;
      IntVector v0 = load(m, at);
      IntVector v1 = load(m, at + panel);
      IntVector v2 = load(m, at + 2 * panel);
      IntVector v3 = load(m, at + 3 * panel);
      FloatVector x0 = x(in, x + c);
      a0 = even(v0).fma(x0, a0);
      a1 = even(v1).fma(x0, a1);
      a2 = even(v2).fma(x0, a2);
      a3 = even(v3).fma(x0, a3);
      FloatVector x1 = x(in, x + c + 1);
      b0 = odd(v0).fma(x1, b0);
      b1 = odd(v1).fma(x1, b1);
      b2 = odd(v2).fma(x1, b2);
      b3 = odd(v3).fma(x1, b3);
    }
    finish(a0.add(b0), m, w, out, y, first);
    finish(a1.add(b1), m, w + panel, out, y + LANES, first);
    finish(a2.add(b2), m, w + 2 * panel, out, y + 2 * LANES, first);
    finish(a3.add(b3), m, w + 3 * panel, out, y + 3 * LANES, first);
  }

  @Override
  public void four1(
      MemorySegment m,
      long w,
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
      int y3) {
    for (int c = 0; c < k; c += BLOCK) {
      four1Block(
          m,
          w + block(c / BLOCK),
          Math.min(BLOCK, k - c),
          in,
          x0 + c,
          x1 + c,
          x2 + c,
          x3 + c,
          out,
          y0,
          y1,
          y2,
          y3,
          c == 0);
    }
  }

  private static void four1Block(
      MemorySegment m,
      long w,
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
      boolean first) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    for (int c = 0; c < k; c += 2) {
      long at = w + (4L + 2L * c) * LANES;
      IntVector pairs = load(m, at);
      FloatVector v = even(pairs);
      a0 = v.fma(x(in, x0 + c), a0);
      a1 = v.fma(x(in, x1 + c), a1);
      a2 = v.fma(x(in, x2 + c), a2);
      a3 = v.fma(x(in, x3 + c), a3);
      v = odd(pairs);
      b0 = v.fma(x(in, x0 + c + 1), b0);
      b1 = v.fma(x(in, x1 + c + 1), b1);
      b2 = v.fma(x(in, x2 + c + 1), b2);
      b3 = v.fma(x(in, x3 + c + 1), b3);
    }
    finish(a0.add(b0), m, w, out, y0, first);
    finish(a1.add(b1), m, w, out, y1, first);
    finish(a2.add(b2), m, w, out, y2, first);
    finish(a3.add(b3), m, w, out, y3, first);
  }

  @Override
  public void four2(
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
      int y3) {
    for (int c = 0; c < k; c += BLOCK) {
      four2Block(
          m,
          w + block(c / BLOCK),
          panel,
          Math.min(BLOCK, k - c),
          in,
          x0 + c,
          x1 + c,
          x2 + c,
          x3 + c,
          out,
          y0,
          y1,
          y2,
          y3,
          c == 0);
    }
  }

  private static void four2Block(
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
      boolean first) {
    FloatVector a00 = FloatVector.zero(F);
    FloatVector a01 = a00;
    FloatVector a10 = a00;
    FloatVector a11 = a00;
    FloatVector a20 = a00;
    FloatVector a21 = a00;
    FloatVector a30 = a00;
    FloatVector a31 = a00;
    FloatVector b00 = a00;
    FloatVector b01 = a00;
    FloatVector b10 = a00;
    FloatVector b11 = a00;
    FloatVector b20 = a00;
    FloatVector b21 = a00;
    FloatVector b30 = a00;
    FloatVector b31 = a00;
    for (int c = 0; c < k; c += 2) {
      long at = w + (4L + 2L * c) * LANES;
      IntVector p0 = load(m, at);
      IntVector p1 = load(m, at + panel);
      FloatVector v0 = even(p0);
      FloatVector v1 = even(p1);
      FloatVector x = x(in, x0 + c);
      a00 = v0.fma(x, a00);
      a01 = v1.fma(x, a01);
      x = x(in, x1 + c);
      a10 = v0.fma(x, a10);
      a11 = v1.fma(x, a11);
      x = x(in, x2 + c);
      a20 = v0.fma(x, a20);
      a21 = v1.fma(x, a21);
      x = x(in, x3 + c);
      a30 = v0.fma(x, a30);
      a31 = v1.fma(x, a31);
      v0 = odd(p0);
      v1 = odd(p1);
      x = x(in, x0 + c + 1);
      b00 = v0.fma(x, b00);
      b01 = v1.fma(x, b01);
      x = x(in, x1 + c + 1);
      b10 = v0.fma(x, b10);
      b11 = v1.fma(x, b11);
      x = x(in, x2 + c + 1);
      b20 = v0.fma(x, b20);
      b21 = v1.fma(x, b21);
      x = x(in, x3 + c + 1);
      b30 = v0.fma(x, b30);
      b31 = v1.fma(x, b31);
    }
    finish(a00.add(b00), m, w, out, y0, first);
    finish(a01.add(b01), m, w + panel, out, y0 + LANES, first);
    finish(a10.add(b10), m, w, out, y1, first);
    finish(a11.add(b11), m, w + panel, out, y1 + LANES, first);
    finish(a20.add(b20), m, w, out, y2, first);
    finish(a21.add(b21), m, w + panel, out, y2 + LANES, first);
    finish(a30.add(b30), m, w, out, y3, first);
    finish(a31.add(b31), m, w + panel, out, y3 + LANES, first);
  }
}

package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.F;
import static dev.mneme.model.kernel.Vec.LANES;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.mneme.model.kernel.Bf16;
import dev.mneme.model.kernel.Vec;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Panels of 8-bit weights with one f32 scale a row: the LANES scales, then column after column one
 * byte per lane. Rounded symmetrically to -127..127.
 *
 * <p>Machines with 128-bit vectors have no vector of four bytes and take the scalar loop.
 */
final class Int8Kernel implements PanelKernel {
  private static final boolean WIDE = LANES >= 8;
  private static final VectorSpecies<Byte> B =
      WIDE
          ? VectorSpecies.of(byte.class, VectorShape.forBitSize(8 * LANES))
          : ByteVector.SPECIES_64;

  @Override
  public int columns() {
    return 2;
  }

  @Override
  public long panelBytes(int k) {
    return (long) LANES * k + 4L * LANES;
  }

  @Override
  public void pack(float[] rows, int stride, int lanes, int k, MemorySegment to, long at) {
    for (int lane = 0; lane < lanes; lane++) {
      float largest = 0;
      for (int c = 0; c < k; c++) {
        largest = Math.max(largest, Math.abs(rows[lane * stride + c]));
      }
      float scale = largest / 127;
      to.set(JAVA_FLOAT, at + 4L * lane, scale);
      for (int c = 0; c < k; c++) {
        int value = scale == 0 ? 0 : Math.round(rows[lane * stride + c] / scale);
        to.set(JAVA_BYTE, at + (4L + c) * LANES + lane, (byte) Math.clamp(value, -127, 127));
      }
    }
  }

  @Override
  public float get(MemorySegment from, long at, int k, int lane, int column) {
    return from.get(JAVA_FLOAT, at + 4L * lane)
        * from.get(JAVA_BYTE, at + (4L + column) * LANES + lane);
  }

  private static FloatVector load(MemorySegment m, long at) {
    return (FloatVector) ByteVector.fromMemorySegment(B, m, at, LITTLE_ENDIAN).castShape(F, 0);
  }

  private static FloatVector x(float[] in, int at) {
    return FloatVector.broadcast(F, in[at]);
  }

  /** Apart from the loops: with more loads in one method HotSpot boxes vectors. */
  private static void scaleOutput(MemorySegment m, long w, float[] out, int y) {
    FloatVector.fromArray(F, out, y)
        .mul(FloatVector.fromMemorySegment(F, m, w, LITTLE_ENDIAN))
        .intoArray(out, y);
  }

  private static void scalePair(MemorySegment m, long w, long panel, float[] out, int y, int step) {
    scaleOutput(m, w, out, y);
    if (step != 0) {
      scaleOutput(m, w + panel, out, y + step);
    }
  }

  /** Where the machine has no vector of LANES bytes: the same sums in the same order. */
  private static void narrow(
      MemorySegment m, long w, int k, float[] in, int x, float[] out, int y) {
    for (int lane = 0; lane < LANES; lane++) {
      float even = 0;
      float odd = 0;
      for (int c = 0; c < k; c += 2) {
        even += m.get(JAVA_BYTE, w + (4L + c) * LANES + lane) * in[x + c];
        odd += m.get(JAVA_BYTE, w + (5L + c) * LANES + lane) * in[x + c + 1];
      }
      out[y + lane] = (even + odd) * m.get(JAVA_FLOAT, w + 4L * lane);
    }
  }

  @Override
  public void one1(MemorySegment m, long w, int k, float[] in, int x, float[] out, int y) {
    if (!WIDE) {
      narrow(m, w, k, in, x, out, y);
      return;
    }
    FloatVector a = FloatVector.zero(F);
    FloatVector b = FloatVector.zero(F);
    for (int c = 0; c < k; c += 2) {
      long at = w + (4L + c) * LANES;
      a = load(m, at).fma(x(in, x + c), a);
      b = load(m, at + LANES).fma(x(in, x + c + 1), b);
    }
    a.add(b).intoArray(out, y);
    scaleOutput(m, w, out, y);
  }

  @Override
  public void one4(
      MemorySegment m, long w, long panel, int k, float[] in, int x, float[] out, int y) {
    if (!WIDE) {
      for (int p = 0; p < 4; p++) {
        narrow(m, w + p * panel, k, in, x, out, y + p * LANES);
      }
      return;
    }
    sumOne4(m, w, panel, k, in, x, out, y);
    for (int p = 0; p < 4; p++) {
      scaleOutput(m, w + p * panel, out, y + p * LANES);
    }
  }

  private static void sumOne4(
      MemorySegment m, long w, long panel, int k, float[] in, int x, float[] out, int y) {
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    for (int c = 0; c < k; c += 2) {
      long at = w + (4L + c) * LANES;
      FloatVector x0 = x(in, x + c);
      a0 = load(m, at).fma(x0, a0);
      a1 = load(m, at + panel).fma(x0, a1);
      a2 = load(m, at + 2 * panel).fma(x0, a2);
      a3 = load(m, at + 3 * panel).fma(x0, a3);
      at += LANES;
      FloatVector x1 = x(in, x + c + 1);
      b0 = load(m, at).fma(x1, b0);
      b1 = load(m, at + panel).fma(x1, b1);
      b2 = load(m, at + 2 * panel).fma(x1, b2);
      b3 = load(m, at + 3 * panel).fma(x1, b3);
    }
    a0.add(b0).intoArray(out, y);
    a1.add(b1).intoArray(out, y + LANES);
    a2.add(b2).intoArray(out, y + 2 * LANES);
    a3.add(b3).intoArray(out, y + 3 * LANES);
  }

  @Override
  public void two2(
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
      int step) {
    if (!WIDE) {
      narrow(m, w, k, in, x0, out, y0);
      narrow(m, w + panel, k, in, x0, out, y0 + step);
      narrow(m, w, k, in, x1, out, y1);
      narrow(m, w + panel, k, in, x1, out, y1 + step);
      return;
    }
    sumTwo2(m, w, panel, k, in, x0, x1, out, y0, y1, step);
    scalePair(m, w, panel, out, y0, step);
    scalePair(m, w, panel, out, y1, step);
  }

  private static void sumTwo2(
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
      int step) {
    FloatVector a00 = FloatVector.zero(F);
    FloatVector a01 = a00;
    FloatVector a10 = a00;
    FloatVector a11 = a00;
    FloatVector b00 = a00;
    FloatVector b01 = a00;
    FloatVector b10 = a00;
    FloatVector b11 = a00;
    for (int c = 0; c < k; c += 2) {
      long at = w + (4L + c) * LANES;
      FloatVector v0 = load(m, at);
      FloatVector v1 = load(m, at + panel);
      FloatVector x = x(in, x0 + c);
      a00 = v0.fma(x, a00);
      a01 = v1.fma(x, a01);
      x = x(in, x1 + c);
      a10 = v0.fma(x, a10);
      a11 = v1.fma(x, a11);
      v0 = load(m, at + LANES);
      v1 = load(m, at + panel + LANES);
      x = x(in, x0 + c + 1);
      b00 = v0.fma(x, b00);
      b01 = v1.fma(x, b01);
      x = x(in, x1 + c + 1);
      b10 = v0.fma(x, b10);
      b11 = v1.fma(x, b11);
    }
    a00.add(b00).intoArray(out, y0);
    a01.add(b01).intoArray(out, y0 + step);
    a10.add(b10).intoArray(out, y1);
    a11.add(b11).intoArray(out, y1 + step);
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
      int y3,
      int step) {
    if (!WIDE) {
      narrow(m, w, k, in, x0, out, y0);
      narrow(m, w + panel, k, in, x0, out, y0 + step);
      narrow(m, w, k, in, x1, out, y1);
      narrow(m, w + panel, k, in, x1, out, y1 + step);
      narrow(m, w, k, in, x2, out, y2);
      narrow(m, w + panel, k, in, x2, out, y2 + step);
      narrow(m, w, k, in, x3, out, y3);
      narrow(m, w + panel, k, in, x3, out, y3 + step);
      return;
    }
    sumFour2(m, w, panel, k, in, x0, x1, x2, x3, out, y0, y1, y2, y3, step);
    scalePair(m, w, panel, out, y0, step);
    scalePair(m, w, panel, out, y1, step);
    scalePair(m, w, panel, out, y2, step);
    if (y3 != y2) {
      scalePair(m, w, panel, out, y3, step);
    }
  }

  private static void sumFour2(
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
      int step) {
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
      long at = w + (4L + c) * LANES;
      FloatVector v0 = load(m, at);
      FloatVector v1 = load(m, at + panel);
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
      v0 = load(m, at + LANES);
      v1 = load(m, at + panel + LANES);
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
    a00.add(b00).intoArray(out, y0);
    a01.add(b01).intoArray(out, y0 + step);
    a10.add(b10).intoArray(out, y1);
    a11.add(b11).intoArray(out, y1 + step);
    a20.add(b20).intoArray(out, y2);
    a21.add(b21).intoArray(out, y2 + step);
    a30.add(b30).intoArray(out, y3);
    a31.add(b31).intoArray(out, y3 + step);
  }

  @Override
  public void toBf16(MemorySegment m, long w, int k, MemorySegment to, long at, int stride) {
    if (!WIDE) {
      for (int i = 0; i < k * LANES; i++) {
        float value =
            m.get(JAVA_FLOAT, w + 4L * (i % LANES)) * m.get(JAVA_BYTE, w + 4L * LANES + i);
        to.setAtIndex(
            JAVA_SHORT, at + (long) (i / LANES) * stride + i % LANES, Bf16.fromFloat(value));
      }
      return;
    }
    FloatVector scale = FloatVector.fromMemorySegment(F, m, w, LITTLE_ENDIAN);
    for (int c = 0; c < k; c++) {
      Vec.storeBf16(load(m, w + (4L + c) * LANES).mul(scale), to, at + (long) c * stride);
    }
  }
}

package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.F;
import static dev.mneme.model.kernel.Vec.LANES;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.mneme.model.kernel.Bf16;
import dev.mneme.model.kernel.Vec;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Panels of bf16 weights: two columns at a time, each lane's pair in one 32-bit word. The even
 * column is the word shifted up, the odd one the word with its lower half cleared: widening costs
 * one instruction a weight vector.
 */
final class Bf16Kernel implements PanelKernel {
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;

  @Override
  public int columns() {
    return 2;
  }

  @Override
  public long panelBytes(int k) {
    return 2L * LANES * k;
  }

  @Override
  public void pack(float[] rows, int stride, int lanes, int k, MemorySegment to, long at) {
    // Through the heap: one copy into a segment instead of many writes, which a process that has
    // just begun would wait for.
    short[] panel = new short[LANES * k];
    for (int lane = 0; lane < lanes; lane++) {
      int row = lane * stride;
      for (int c = 0; c < k; c++) {
        panel[((c & -2) * LANES) + 2 * lane + (c & 1)] = Bf16.fromFloat(rows[row + c]);
      }
    }
    MemorySegment.copy(panel, 0, to, JAVA_SHORT, at, panel.length);
  }

  @Override
  public float get(MemorySegment from, long at, int k, int lane, int column) {
    return Bf16.toFloat(
        from.get(JAVA_SHORT, at + 4L * ((column >> 1) * LANES + lane) + 2L * (column & 1)));
  }

  private static IntVector load(MemorySegment m, long at) {
    return IntVector.fromMemorySegment(I, m, at, LITTLE_ENDIAN);
  }

  private static FloatVector even(IntVector pairs) {
    return pairs.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  private static FloatVector odd(IntVector pairs) {
    return pairs.and(0xffff0000).reinterpretAsFloats();
  }

  private static FloatVector x(float[] in, int at) {
    return FloatVector.broadcast(F, in[at]);
  }

  @Override
  public void one1(MemorySegment m, long w, int k, float[] in, int x, float[] out, int y) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = FloatVector.zero(F);
    for (int c = 0; c < k; c += 2) {
      long at = w + 2L * LANES * c;
      IntVector v = load(m, at);
      a = even(v).fma(x(in, x + c), a);
      b = odd(v).fma(x(in, x + c + 1), b);
    }
    a.add(b).intoArray(out, y);
  }

  @Override
  public void one4(
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
      long at = w + 2L * LANES * c;
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
    FloatVector a00 = FloatVector.zero(F);
    FloatVector a01 = a00;
    FloatVector a10 = a00;
    FloatVector a11 = a00;
    FloatVector b00 = a00;
    FloatVector b01 = a00;
    FloatVector b10 = a00;
    FloatVector b11 = a00;
    for (int c = 0; c < k; c += 2) {
      long at = w + 2L * LANES * c;
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
      v0 = odd(p0);
      v1 = odd(p1);
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
      long at = w + 2L * LANES * c;
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
    for (int c = 0; c < k; c += 2) {
      IntVector pairs = load(m, w + 2L * LANES * c);
      Vec.storeBf16(even(pairs), to, at + (long) c * stride);
      Vec.storeBf16(odd(pairs), to, at + (c + 1L) * stride);
    }
  }
}

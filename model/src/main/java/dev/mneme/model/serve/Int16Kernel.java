package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.F;
import static dev.mneme.model.kernel.Vec.LANES;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.mneme.model.kernel.Vec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Panels of 16-bit weights with one f32 scale a row: the LANES scales, then two columns at a time,
 * each lane's pair in one 32-bit word. Rounded symmetrically to -32767..32767, which keeps seven
 * bits more than bf16 at the same size (docs/adr/0021).
 *
 * <p>Widening costs five instructions a pair, so that for many inputs a panel is widened once, into
 * a buffer that {@link F32Kernel} multiplies.
 */
final class Int16Kernel implements PanelKernel {
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  private static final F32Kernel F32 = new F32Kernel();
  private static final ThreadLocal<MemorySegment> BUFFER =
      ThreadLocal.withInitial(() -> MemorySegment.NULL);

  @Override
  public int columns() {
    return 2;
  }

  @Override
  public long panelBytes(int k) {
    return 2L * LANES * k + 4L * LANES;
  }

  private static long word(int column, int lane) {
    return 4L * LANES + 4L * ((column >> 1) * LANES + lane) + 2L * (column & 1);
  }

  @Override
  public void pack(float[] rows, int stride, int lanes, int k, MemorySegment to, long at) {
    for (int lane = 0; lane < lanes; lane++) {
      float largest = 0;
      for (int c = 0; c < k; c++) {
        largest = Math.max(largest, Math.abs(rows[lane * stride + c]));
      }
      float scale = largest / 32767;
      to.set(JAVA_FLOAT, at + 4L * lane, scale);
      for (int c = 0; c < k; c++) {
        int value = scale == 0 ? 0 : Math.round(rows[lane * stride + c] / scale);
        to.set(JAVA_SHORT, at + word(c, lane), (short) Math.clamp(value, -32767, 32767));
      }
    }
  }

  @Override
  public float get(MemorySegment from, long at, int k, int lane, int column) {
    return from.get(JAVA_FLOAT, at + 4L * lane) * from.get(JAVA_SHORT, at + word(column, lane));
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

  private static FloatVector scale(MemorySegment m, long at) {
    return FloatVector.fromMemorySegment(F, m, at, LITTLE_ENDIAN);
  }

  private static FloatVector x(float[] in, int at) {
    return FloatVector.broadcast(F, in[at]);
  }

  @Override
  public void one1(MemorySegment m, long w, int k, float[] in, int x, float[] out, int y) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = FloatVector.zero(F);
    for (int c = 0; c < k; c += 2) {
      long at = w + 4L * LANES + 2L * LANES * c;
      IntVector v = load(m, at);
      a = even(v).fma(x(in, x + c), a);
      b = odd(v).fma(x(in, x + c + 1), b);
    }
    a.add(b).mul(scale(m, w)).intoArray(out, y);
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
      long at = w + 4L * LANES + 2L * LANES * c;
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
    for (int p = 0; p < 4; p++) {
      scaleOutput(m, w + p * panel, out, y + p * LANES);
    }
  }

  /** Apart from the loop: with four more loads in one method HotSpot boxes a vector a call. */
  private static void scaleOutput(MemorySegment m, long w, float[] out, int y) {
    FloatVector.fromArray(F, out, y).mul(scale(m, w)).intoArray(out, y);
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
    FloatVector a0 = FloatVector.zero(F);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    for (int c = 0; c < k; c += 2) {
      long at = w + 4L * LANES + 2L * LANES * c;
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
    FloatVector scale = scale(m, w);
    a0.add(b0).mul(scale).intoArray(out, y0);
    a1.add(b1).mul(scale).intoArray(out, y1);
    a2.add(b2).mul(scale).intoArray(out, y2);
    a3.add(b3).mul(scale).intoArray(out, y3);
  }

  @Override
  public int fewestTiled() {
    return 8;
  }

  @Override
  public void tiles(
      MemorySegment m,
      long w,
      long panel,
      int k,
      float[] in,
      int[] xs,
      float[] out,
      int[] ys,
      int first,
      int end,
      int add) {
    long wide = 4L * LANES * k;
    MemorySegment widened = buffer(2 * wide);
    widen(m, w, k, widened, 0);
    widen(m, w + panel, k, widened, wide);
    F32.tiles(widened, 0, wide, k, in, xs, out, ys, first, end, add);
    FloatVector scale0 = scale(m, w);
    FloatVector scale1 = scale(m, w + panel);
    for (int i = first; i < end; i++) {
      int y = ys[i] + add;
      FloatVector.fromArray(F, out, y).mul(scale0).intoArray(out, y);
      FloatVector.fromArray(F, out, y + LANES).mul(scale1).intoArray(out, y + LANES);
    }
  }

  /** This thread's buffer, aligned to a cache line. */
  private static MemorySegment buffer(long bytes) {
    MemorySegment buffer = BUFFER.get();
    if (buffer.byteSize() < bytes) {
      buffer = Arena.ofAuto().allocate(bytes, 64);
      BUFFER.set(buffer);
    }
    return buffer;
  }

  private static void widen(MemorySegment m, long w, int k, MemorySegment to, long at) {
    for (int c = 0; c < k; c += 2) {
      IntVector pairs = load(m, w + 4L * LANES + 2L * LANES * c);
      even(pairs).intoMemorySegment(to, at + 4L * LANES * c, LITTLE_ENDIAN);
      odd(pairs).intoMemorySegment(to, at + 4L * LANES * (c + 1), LITTLE_ENDIAN);
    }
  }

  @Override
  public void toBf16(MemorySegment m, long w, int k, MemorySegment to, long at, int stride) {
    FloatVector scale = scale(m, w);
    for (int c = 0; c < k; c += 2) {
      IntVector pairs = load(m, w + 4L * LANES + 2L * LANES * c);
      Vec.storeBf16(even(pairs).mul(scale), to, at + (long) c * stride);
      Vec.storeBf16(odd(pairs).mul(scale), to, at + (c + 1L) * stride);
    }
  }
}

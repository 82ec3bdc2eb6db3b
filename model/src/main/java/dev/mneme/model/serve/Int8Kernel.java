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
 * Panels of 8-bit weights with one f32 scale for each row and block of 64 columns: a block is the
 * LANES scales, then column after column one byte per lane. Rounded symmetrically to -127..127.
 *
 * <p>Each block is one call that adds into the output: with the blocks as an outer loop around the
 * accumulators HotSpot no longer keeps them in registers (ten times slower, measured on 25.0.3).
 * Machines with 128-bit vectors have no vector of four bytes and take the scalar loop.
 */
final class Int8Kernel implements PanelKernel {
  private static final int BLOCK = 64;
  private static final boolean WIDE = LANES >= 8;
  private static final VectorSpecies<Byte> B =
      WIDE
          ? VectorSpecies.of(byte.class, VectorShape.forBitSize(8 * LANES))
          : ByteVector.SPECIES_64;

  private static final ThreadLocal<float[]> WIDENED =
      ThreadLocal.withInitial(() -> new float[2 * LANES * BLOCK]);

  @Override
  public int columns() {
    return 2;
  }

  @Override
  public long panelBytes(int k) {
    return (long) LANES * k + 4L * LANES * Math.ceilDiv(k, BLOCK);
  }

  private static long block(int number) {
    return number * (4L + BLOCK) * LANES;
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
        float scale = largest / 127;
        long start = at + block(from / BLOCK);
        to.set(JAVA_FLOAT, start + 4L * lane, scale);
        for (int c = from; c < end; c++) {
          int value = scale == 0 ? 0 : Math.round(rows[lane * stride + c] / scale);
          to.set(
              JAVA_BYTE,
              start + 4L * LANES + (long) (c - from) * LANES + lane,
              (byte) Math.clamp(value, -127, 127));
        }
      }
    }
  }

  @Override
  public float get(MemorySegment from, long at, int k, int lane, int column) {
    long start = at + block(column / BLOCK);
    return from.get(JAVA_FLOAT, start + 4L * lane)
        * from.get(JAVA_BYTE, start + 4L * LANES + (long) (column % BLOCK) * LANES + lane);
  }

  private static FloatVector load(MemorySegment m, long at) {
    return (FloatVector) ByteVector.fromMemorySegment(B, m, at, LITTLE_ENDIAN).castShape(F, 0);
  }

  private static FloatVector x(float[] in, int at) {
    return FloatVector.broadcast(F, in[at]);
  }

  @Override
  public void one1(MemorySegment m, long w, int k, float[] in, int x, float[] out, int y) {
    if (!WIDE) {
      narrow(m, w, k, in, x, out, y);
      return;
    }
    for (int c = 0; c < k; c += BLOCK) {
      one1Block(m, w + block(c / BLOCK), Math.min(BLOCK, k - c), in, x + c, out, y, c == 0);
    }
  }

  /** Where the machine has no vector of LANES bytes. */
  private static void narrow(
      MemorySegment m, long w, int k, float[] in, int x, float[] out, int y) {
    for (int lane = 0; lane < LANES; lane++) {
      float sum = 0;
      for (int c = 0; c < k; c += BLOCK) {
        long start = w + block(c / BLOCK);
        float part = 0;
        for (int i = 0; i < Math.min(BLOCK, k - c); i++) {
          part += m.get(JAVA_BYTE, start + (4L + i) * LANES + lane) * in[x + c + i];
        }
        sum += part * m.get(JAVA_FLOAT, start + 4L * lane);
      }
      out[y + lane] = sum;
    }
  }

  private static void one1Block(
      MemorySegment m, long w, int k, float[] in, int x, float[] out, int y, boolean first) {
    FloatVector a = FloatVector.zero(F);
    FloatVector b = FloatVector.zero(F);
    for (int c = 0; c < k; c += 2) {
      long at = w + (4L + c) * LANES;
      a = load(m, at).fma(x(in, x + c), a);
      b = load(m, at + LANES).fma(x(in, x + c + 1), b);
    }
    WideBlock.finish(a.add(b), m, w, out, y, first);
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
    float[] sums = WIDENED.get();
    for (int c = 0; c < k; c += BLOCK) {
      long at = w + block(c / BLOCK);
      one4Block(m, at, panel, Math.min(BLOCK, k - c), in, x + c, sums);
      for (int p = 0; p < 4; p++) {
        WideBlock.finish(sums, p * LANES, m, at + p * panel, out, y + p * LANES, c == 0);
      }
    }
  }

  private static void one4Block(
      MemorySegment m, long w, long panel, int k, float[] in, int x, float[] sums) {
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
    a0.add(b0).intoArray(sums, 0);
    a1.add(b1).intoArray(sums, LANES);
    a2.add(b2).intoArray(sums, 2 * LANES);
    a3.add(b3).intoArray(sums, 3 * LANES);
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
    if (!WIDE) {
      narrow(m, w, k, in, x0, out, y0);
      narrow(m, w, k, in, x1, out, y1);
      narrow(m, w, k, in, x2, out, y2);
      narrow(m, w, k, in, x3, out, y3);
      return;
    }
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
      long at = w + (4L + c) * LANES;
      FloatVector v = load(m, at);
      a0 = v.fma(x(in, x0 + c), a0);
      a1 = v.fma(x(in, x1 + c), a1);
      a2 = v.fma(x(in, x2 + c), a2);
      a3 = v.fma(x(in, x3 + c), a3);
      v = load(m, at + LANES);
      b0 = v.fma(x(in, x0 + c + 1), b0);
      b1 = v.fma(x(in, x1 + c + 1), b1);
      b2 = v.fma(x(in, x2 + c + 1), b2);
      b3 = v.fma(x(in, x3 + c + 1), b3);
    }
    WideBlock.finish(a0.add(b0), m, w, out, y0, first);
    WideBlock.finish(a1.add(b1), m, w, out, y1, first);
    WideBlock.finish(a2.add(b2), m, w, out, y2, first);
    WideBlock.finish(a3.add(b3), m, w, out, y3, first);
  }

  @Override
  public int fewestTiled() {
    return 8;
  }

  /** Weights are widened once for all inputs, block by block, into a buffer that stays in L1. */
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
    if (!WIDE) {
      for (int i = first; i < end; i++) {
        narrow(m, w, k, in, xs[i], out, ys[i] + add);
        narrow(m, w + panel, k, in, xs[i], out, ys[i] + add + LANES);
      }
      return;
    }
    float[] wide = WIDENED.get();
    for (int c = 0; c < k; c += BLOCK) {
      long at = w + block(c / BLOCK);
      int columns = Math.min(BLOCK, k - c);
      widen(m, at, columns, wide, 0, 2 * LANES);
      widen(m, at + panel, columns, wide, LANES, 2 * LANES);
      for (int i = first; i < end; i += 4) {
        WideBlock.tile(wide, m, at, panel, columns, in, xs, c, out, ys, i, add);
      }
    }
  }

  /** A block's weights as floats, scales apart, to {@code to[column * stride + lane]}. */
  private static void widen(MemorySegment m, long w, int k, float[] to, int at, int stride) {
    for (int c = 0; c < k; c += 2) {
      long from = w + (4L + c) * LANES;
      load(m, from).intoArray(to, at + c * stride);
      load(m, from + LANES).intoArray(to, at + (c + 1) * stride);
    }
  }

  @Override
  public void toBf16(MemorySegment m, long w, int k, MemorySegment to, long at, int stride) {
    for (int c = 0; c < k; c += BLOCK) {
      long from = w + block(c / BLOCK);
      blockToBf16(m, from, Math.min(BLOCK, k - c), to, at + (long) c * stride, stride);
    }
  }

  private static void blockToBf16(
      MemorySegment m, long w, int k, MemorySegment to, long at, int stride) {
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

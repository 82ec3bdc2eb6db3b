package dev.mneme.model.kernel;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector vocabulary of all kernels: loads and stores by element index in both float types, a
 * deterministic lane sum, and exp.
 *
 * <p>Indices are in elements, never bytes. Loops run full vectors up to {@link #bound} and finish
 * with one masked vector, so widths need not be multiples of the lane count.
 */
public final class Vec {
  /** Float lanes of this machine. */
  public static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;

  static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;

  /** As many 16-bit lanes as {@link #F} has 32-bit ones. */
  static final VectorSpecies<Short> H =
      VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));

  /** Lanes of {@link #F}. */
  public static final int LANES = F.length();

  private static final VectorShuffle<Float> HALVES = VectorShuffle.fromOp(F, i -> i ^ (LANES / 2));
  private static final VectorShuffle<Float> EIGHT = VectorShuffle.fromOp(F, i -> swap(i, 4));
  private static final VectorShuffle<Float> FOUR = VectorShuffle.fromOp(F, i -> swap(i, 2));
  private static final VectorShuffle<Float> TWO = VectorShuffle.fromOp(F, i -> swap(i, 1));

  private Vec() {}

  private static int swap(int lane, int distance) {
    return distance < LANES ? lane ^ distance : lane;
  }

  /** The largest multiple of the lane count that is not above {@code n}. */
  public static int bound(int n) {
    return n & -LANES;
  }

  /** Lanes that are still inside when a masked vector starts at {@code i}. */
  public static VectorMask<Float> tail(int i, int n) {
    return F.indexInRange(i, n);
  }

  /** Loads F32 elements. */
  public static FloatVector load(MemorySegment s, long i) {
    return FloatVector.fromMemorySegment(F, s, i << 2, LITTLE_ENDIAN);
  }

  /** Loads F32 elements where set; others are 0. */
  public static FloatVector load(MemorySegment s, long i, VectorMask<Float> m) {
    return FloatVector.fromMemorySegment(F, s, i << 2, LITTLE_ENDIAN, m);
  }

  /** Stores F32 elements. */
  public static void store(FloatVector v, MemorySegment s, long i) {
    v.intoMemorySegment(s, i << 2, LITTLE_ENDIAN);
  }

  /** Stores F32 elements where set. */
  public static void store(FloatVector v, MemorySegment s, long i, VectorMask<Float> m) {
    v.intoMemorySegment(s, i << 2, LITTLE_ENDIAN, m);
  }

  /** Loads BF16 elements, exactly. */
  public static FloatVector loadBf16(MemorySegment s, long i) {
    return widen(ShortVector.fromMemorySegment(H, s, i << 1, LITTLE_ENDIAN));
  }

  /** Loads BF16 elements where set; others are 0. */
  public static FloatVector loadBf16(MemorySegment s, long i, VectorMask<Float> m) {
    return widen(ShortVector.fromMemorySegment(H, s, i << 1, LITTLE_ENDIAN, m.cast(H)));
  }

  private static FloatVector widen(ShortVector v) {
    return ((IntVector) v.convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0))
        .lanewise(VectorOperators.LSHL, 16)
        .reinterpretAsFloats();
  }

  /** Stores elements rounded to BF16, to nearest, ties to even. */
  public static void storeBf16(FloatVector v, MemorySegment s, long i) {
    narrow(v).intoMemorySegment(s, i << 1, LITTLE_ENDIAN);
  }

  /** Stores elements rounded to BF16 where set. */
  public static void storeBf16(FloatVector v, MemorySegment s, long i, VectorMask<Float> m) {
    narrow(v).intoMemorySegment(s, i << 1, LITTLE_ENDIAN, m.cast(H));
  }

  /** Stores as BF16 if asked to, else as F32. */
  public static void put(boolean bf16, FloatVector v, MemorySegment s, long i) {
    if (bf16) {
      storeBf16(v, s, i);
    } else {
      store(v, s, i);
    }
  }

  /** Stores where set, as BF16 if asked to, else as F32. */
  public static void put(
      boolean bf16, FloatVector v, MemorySegment s, long i, VectorMask<Float> m) {
    if (bf16) {
      storeBf16(v, s, i, m);
    } else {
      store(v, s, i, m);
    }
  }

  private static ShortVector narrow(FloatVector v) {
    IntVector bits = v.reinterpretAsInts();
    IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(1);
    IntVector rounded = bits.add(odd).add(0x7fff).lanewise(VectorOperators.LSHR, 16);
    return (ShortVector) rounded.convertShape(VectorOperators.I2S, H, 0);
  }

  /**
   * The sum of all lanes in one fixed order. {@code reduceLanes(ADD)} may order float additions
   * differently in the interpreter and after compilation, which would make two runs with one seed
   * differ in their last bits.
   */
  public static float sum(FloatVector v) {
    FloatVector s = v;
    if (LANES > 8) {
      s = s.add(s.rearrange(HALVES));
    }
    if (LANES > 4) {
      s = s.add(s.rearrange(EIGHT));
    }
    if (LANES > 2) {
      s = s.add(s.rearrange(FOUR));
    }
    return s.add(s.rearrange(TWO)).lane(0);
  }

  private static final float LOG2E = 1.442695f;
  private static final float ROUND = 12582912f;
  private static final float LN2_HIGH = 0.6933594f;
  private static final float LN2_LOW = -0.00021219444f;

  /**
   * exp, relative error below 2e-7 for x in [-87, 88]; below that range it goes to (nearly) 0,
   * above it saturates. Reduction to [-ln2/2, ln2/2] and a polynomial of degree 6 (the Cephes
   * coefficients), then the exponent is added as an integer.
   */
  public static FloatVector exp(FloatVector x) {
    FloatVector c = x.max(-87.3f).min(88.3f);
    FloatVector shifted = c.lanewise(VectorOperators.FMA, LOG2E, ROUND);
    FloatVector n = shifted.sub(ROUND);
    FloatVector r = n.lanewise(VectorOperators.FMA, -LN2_HIGH, c);
    r = n.lanewise(VectorOperators.FMA, -LN2_LOW, r);
    FloatVector p = r.lanewise(VectorOperators.FMA, 0.00019875691f, 0.0013981999f);
    p = p.lanewise(VectorOperators.FMA, r, FloatVector.broadcast(F, 0.008333452f));
    p = p.lanewise(VectorOperators.FMA, r, FloatVector.broadcast(F, 0.041665796f));
    p = p.lanewise(VectorOperators.FMA, r, FloatVector.broadcast(F, 0.16666666f));
    p = p.lanewise(VectorOperators.FMA, r, FloatVector.broadcast(F, 0.5f));
    p = p.lanewise(VectorOperators.FMA, r.mul(r), r).add(1f);
    IntVector scale = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return p.reinterpretAsInts().add(scale).reinterpretAsFloats();
  }

  /** 1 / (1 + exp(-x)). */
  public static FloatVector sigmoid(FloatVector x) {
    return FloatVector.broadcast(F, 1f).div(exp(x.neg()).add(1f));
  }
}

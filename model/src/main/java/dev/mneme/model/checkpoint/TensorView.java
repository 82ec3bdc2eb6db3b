package dev.mneme.model.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;

/**
 * One tensor inside a mapped safetensors file: read-only, thread-safe, valid until its reader
 * closes.
 *
 * @param file where it is
 * @param bytes its elements, little-endian, possibly unaligned
 */
public record TensorView(
    Path file, String name, DType dtype, List<Long> shape, MemorySegment bytes) {

  /** Number of elements. */
  public long count() {
    return bytes.byteSize() / dtype.bytes();
  }

  /** All elements as floats. */
  public float[] toFloats() {
    float[] out = new float[Math.toIntExact(count())];
    copyTo(0, out, 0, out.length);
    return out;
  }

  /** Copies {@code count} elements from element {@code from} on. */
  public void copyTo(long from, float[] to, int at, int count) {
    requireWeight();
    if (dtype == DType.F32) {
      MemorySegment.copy(bytes, DType.FLOAT, from * 4, to, at, count);
      return;
    }
    // In one go to the heap: a read from a segment costs a cold process a hundred times as much.
    short[] bits = new short[count];
    MemorySegment.copy(bytes, DType.SHORT, from * 2, bits, 0, count);
    if (dtype == DType.BF16) {
      for (int i = 0; i < count; i++) {
        to[at + i] = Float.intBitsToFloat(bits[i] << 16);
      }
    } else {
      for (int i = 0; i < count; i++) {
        to[at + i] = Float.float16ToFloat(bits[i]);
      }
    }
  }

  /** Copies all elements, as f32, to the start of a (native) segment. */
  public void copyTo(MemorySegment floats) {
    requireWeight();
    if (floats.byteSize() < count() * ValueLayout.JAVA_FLOAT.byteSize()) {
      throw new IllegalArgumentException(
          name + " has " + count() + " elements, the target holds " + floats.byteSize() / 4);
    }
    dtype.toFloats(bytes, 0, floats, count());
  }

  private void requireWeight() {
    if (!dtype.isWeight()) {
      throw new CheckpointException(
          file + ": tensor " + name + " is " + dtype + ", expected F32, BF16 or F16");
    }
  }
}

package dev.mneme.ltm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Vectors as bytes, and the index field of each generation of embedder. */
final class Vectors {
  private Vectors() {}

  static String field(int generation) {
    return "v" + generation;
  }

  static byte[] bytes(float[] vector) {
    ByteBuffer out = ByteBuffer.allocate(vector.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    out.asFloatBuffer().put(vector);
    return out.array();
  }

  static float[] floats(byte[] bytes) {
    float[] vector = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
    return vector;
  }
}

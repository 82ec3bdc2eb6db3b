package dev.mneme.model.serve;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The cache of one sequence: {@code [layer][capacity][width]} floats in one ND4J allocation that
 * doubles when it is full.
 */
final class NativeSequence implements Sequence {
  private static final int FIRST_CAPACITY = 128;

  private final Object owner;
  private final int layers;
  private final int width;
  private final int limit;
  private @Nullable TensorScope scope;
  private @Nullable Tensor memory;
  private MemorySegment cache = MemorySegment.NULL;
  private int capacity;
  private int length;

  /**
   * @param owner the decoder it belongs to
   * @param width floats a token and layer takes
   * @param limit longest context
   */
  NativeSequence(Object owner, int layers, int width, int limit) {
    this.owner = owner;
    this.layers = layers;
    this.width = width;
    this.limit = limit;
    this.scope = new TensorScope();
  }

  boolean belongsTo(Object decoder) {
    return owner.equals(decoder);
  }

  /** Makes room for {@code tokens} tokens in all. */
  void reserve(int tokens) {
    if (scope == null) {
      throw new IllegalStateException("the sequence is closed");
    }
    if (tokens <= capacity) {
      return;
    }
    int grown = Math.min(limit, Math.max(tokens, Math.max(FIRST_CAPACITY, 2 * capacity)));
    TensorScope larger = new TensorScope();
    Tensor room = larger.zeros(DType.F32, layers, grown, width);
    MemorySegment target = room.segment();
    for (int layer = 0; layer < layers; layer++) {
      MemorySegment.copy(
          cache,
          4L * layer * capacity * width,
          target,
          4L * layer * grown * width,
          4L * length * width);
    }
    scope.close();
    scope = larger;
    memory = room;
    cache = target;
    capacity = grown;
  }

  void copyFrom(NativeSequence parent, int tokens) {
    reserve(tokens);
    for (int layer = 0; layer < layers; layer++) {
      MemorySegment.copy(
          parent.cache, 4 * parent.row(layer, 0), cache, 4 * row(layer, 0), 4L * tokens * width);
    }
    length = tokens;
  }

  MemorySegment cache() {
    return cache;
  }

  /** Float offset of a token's entry in a layer. */
  long row(int layer, int position) {
    return ((long) layer * capacity + position) * width;
  }

  /** Stores a token's entry of a layer, one row of {@link #width} floats. */
  void put(int layer, int position, float[] from, int at) {
    MemorySegment.copy(from, at, cache, JAVA_FLOAT, 4 * row(layer, position), width);
  }

  void appended(int tokens) {
    length += tokens;
  }

  void checkOpen() {
    if (scope == null) {
      throw new IllegalStateException("the sequence is closed");
    }
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public void truncate(int newLength) {
    checkOpen();
    if (newLength < 0 || newLength > length) {
      throw new IllegalArgumentException(
          "cannot truncate a sequence of " + length + " tokens to " + newLength);
    }
    length = newLength;
  }

  @Override
  public long cacheBytes() {
    return memory == null ? 0 : 4 * memory.size();
  }

  @Override
  public void close() {
    if (scope != null) {
      scope.close();
      scope = null;
      memory = null;
      cache = MemorySegment.NULL;
      capacity = 0;
      length = 0;
    }
  }
}

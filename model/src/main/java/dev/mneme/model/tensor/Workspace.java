package dev.mneme.model.tensor;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A stack of temporaries over a few large slabs: allocation is a pointer bump, release is setting a
 * mark back. Contents start as whatever the last user left; the user overwrites or zeroes.
 *
 * <p>Grows by whole slabs and keeps them, so a loop of equal steps allocates nothing after the
 * first. One thread at a time. A tensor taken after {@link #mark()} must not be used after {@link
 * #release(Mark)}: it would read another's numbers.
 */
public final class Workspace implements AutoCloseable {
  private static final long SLAB_BYTES = 32L << 20;
  private static final int LINE = 64;

  private final Map<DType, Stack> stacks = new EnumMap<>(DType.class);
  private long peakBytes;

  /** A position to return to. */
  public record Mark(Map<DType, long[]> positions) {}

  private static final class Stack {
    final List<Slab> slabs = new ArrayList<>();
    int slab;
    long top;
  }

  /** Uninitialised memory of {@code shape}. */
  public Tensor take(DType type, long... shape) {
    long size = Tensor.sizeOf(shape);
    long line = LINE / type.bytes();
    long padded = (size + line - 1) / line * line;
    Stack stack = stacks.computeIfAbsent(type, t -> new Stack());
    while (true) {
      if (stack.slab == stack.slabs.size()) {
        stack.slabs.add(new Slab(type, Math.max(padded, SLAB_BYTES / type.bytes())));
      }
      Slab slab = stack.slabs.get(stack.slab);
      long capacity = slab.segment().byteSize() / type.bytes();
      if (stack.top + padded <= capacity) {
        Tensor tensor = new Tensor(slab, stack.top, shape.clone());
        stack.top += padded;
        peakBytes = Math.max(peakBytes, usedBytes());
        return tensor;
      }
      stack.slab++;
      stack.top = 0;
    }
  }

  /** Zeroed memory of {@code shape}. */
  public Tensor takeZeroed(DType type, long... shape) {
    Tensor tensor = take(type, shape);
    tensor.zero();
    return tensor;
  }

  /** The current position. */
  public Mark mark() {
    Map<DType, long[]> positions = new EnumMap<>(DType.class);
    stacks.forEach((type, stack) -> positions.put(type, new long[] {stack.slab, stack.top}));
    return new Mark(positions);
  }

  /** Gives back everything taken since {@code mark}. */
  public void release(Mark mark) {
    stacks.forEach(
        (type, stack) -> {
          long[] position = mark.positions().getOrDefault(type, new long[2]);
          stack.slab = (int) position[0];
          stack.top = position[1];
        });
  }

  /** Gives back everything. */
  public void reset() {
    release(new Mark(Map.of()));
  }

  private long usedBytes() {
    long used = 0;
    for (Map.Entry<DType, Stack> entry : stacks.entrySet()) {
      Stack stack = entry.getValue();
      for (int i = 0; i < stack.slab; i++) {
        used += stack.slabs.get(i).segment().byteSize();
      }
      used += stack.top * entry.getKey().bytes();
    }
    return used;
  }

  /** Bytes of slabs held. */
  public long heldBytes() {
    return stacks.values().stream()
        .flatMap(stack -> stack.slabs.stream())
        .mapToLong(slab -> slab.segment().byteSize())
        .sum();
  }

  /** The most bytes that were taken at one time. */
  public long peakBytes() {
    return peakBytes;
  }

  @Override
  public void close() {
    stacks.values().forEach(stack -> stack.slabs.forEach(Slab::close));
    stacks.clear();
  }
}

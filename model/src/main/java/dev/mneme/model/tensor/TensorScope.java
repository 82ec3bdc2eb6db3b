package dev.mneme.model.tensor;

import dev.mneme.data.ProcessMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Allocates tensors and frees them all when closed.
 *
 * <p>The static counters let a test assert that nothing leaked: they must read the same before and
 * after. Thread-safe; closing twice is harmless.
 */
public final class TensorScope implements AutoCloseable {
  private final List<Slab> slabs = new ArrayList<>();
  private boolean closed;

  /** A zeroed tensor that lives as long as this scope. */
  public Tensor zeros(DType type, long... shape) {
    Slab slab = new Slab(type, Tensor.sizeOf(shape));
    slab.segment().fill((byte) 0);
    synchronized (this) {
      if (closed) {
        slab.close();
        throw new IllegalStateException("the scope is closed; allocate from an open one");
      }
      slabs.add(slab);
    }
    return new Tensor(slab, 0, shape.clone());
  }

  /** A tensor holding {@code values}, rounded to {@code type}. */
  public Tensor of(DType type, float[] values, long... shape) {
    Tensor tensor = zeros(type, shape);
    tensor.setAll(values);
    return tensor;
  }

  /** Bytes this scope holds. */
  public synchronized long bytes() {
    return slabs.stream().mapToLong(slab -> slab.segment().byteSize()).sum();
  }

  /** Allocations of every open scope and workspace of this process. */
  public static long liveAllocations() {
    return Slab.live();
  }

  /** Bytes held by every open scope and workspace of this process. */
  public static long liveBytes() {
    return Slab.liveBytes();
  }

  /** The largest size of this process; where the system does not tell, what is in use now. */
  public static long peakProcessBytes() {
    Runtime runtime = Runtime.getRuntime();
    return ProcessMemory.peakBytes()
        .orElseGet(() -> runtime.totalMemory() - runtime.freeMemory() + liveBytes());
  }

  @Override
  public synchronized void close() {
    closed = true;
    for (Slab slab : slabs.reversed()) {
      slab.close();
    }
    slabs.clear();
  }
}

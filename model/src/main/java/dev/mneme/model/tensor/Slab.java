package dev.mneme.model.tensor;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One ND4J allocation. ND4J aligns to 16 bytes only, so a cache line more is asked for and the
 * usable part starts at the first 64-byte boundary: full vector loads then never straddle lines.
 */
final class Slab {
  private static final int LINE = 64;
  private static final AtomicLong LIVE = new AtomicLong();
  private static final AtomicLong LIVE_BYTES = new AtomicLong();

  private final DType type;
  private final INDArray array;
  private final long origin;
  private final MemorySegment segment;
  private volatile boolean closed;

  // Restricted: the size handed to reinterpret is that of the allocation one line above.
  @SuppressWarnings("restricted")
  Slab(DType type, long elements) {
    this.type = type;
    long padded = Math.max(1, elements) + LINE / type.bytes();
    this.array = Nd4j.createUninitializedDetached(type.nd4j(), padded);
    long address = array.data().pointer().address();
    long skip = (LINE - address % LINE) % LINE;
    this.origin = skip / type.bytes();
    this.segment =
        MemorySegment.ofAddress(address + skip).reinterpret(Math.max(1, elements) * type.bytes());
    LIVE.incrementAndGet();
    LIVE_BYTES.addAndGet(segment.byteSize());
  }

  static long live() {
    return LIVE.get();
  }

  static long liveBytes() {
    return LIVE_BYTES.get();
  }

  DType type() {
    return type;
  }

  INDArray array() {
    return array;
  }

  /** Elements skipped to reach the alignment. */
  long origin() {
    return origin;
  }

  MemorySegment segment() {
    return segment;
  }

  void checkOpen() {
    if (closed) {
      throw new IllegalStateException(
          "this tensor's memory was freed when its scope was closed; keep the scope open while its"
              + " tensors are used");
    }
  }

  void close() {
    if (!closed) {
      closed = true;
      array.close();
      LIVE.decrementAndGet();
      LIVE_BYTES.addAndGet(-segment.byteSize());
    }
  }
}

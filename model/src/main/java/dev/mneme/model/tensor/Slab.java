package dev.mneme.model.tensor;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One zeroed allocation. A cache line more than needed is asked for and the usable part starts at
 * the first 64-byte boundary: full vector loads then never straddle lines.
 */
final class Slab {
  private static final int LINE = 64;
  private static final AtomicLong LIVE = new AtomicLong();
  private static final AtomicLong LIVE_BYTES = new AtomicLong();

  private final DType type;
  private final long allocated;
  private final MemorySegment segment;
  private volatile boolean closed;

  // Restricted: the size handed to reinterpret is that of the allocation one line above.
  @SuppressWarnings("restricted")
  Slab(DType type, long elements) {
    this.type = type;
    long bytes = Math.multiplyExact(Math.max(1, elements), (long) type.bytes());
    allocated = NativeHeap.allocateZeroed(bytes + LINE);
    long skip = (LINE - allocated % LINE) % LINE;
    segment = MemorySegment.ofAddress(allocated + skip).reinterpret(bytes);
    LIVE.incrementAndGet();
    LIVE_BYTES.addAndGet(bytes);
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

  MemorySegment segment() {
    return segment;
  }

  /** The same memory as ND4J's, which never frees it. The first call of a process loads ND4J. */
  DataBuffer buffer() {
    long elements = segment.byteSize() / type.bytes();
    return Nd4j.createBuffer(new Address(segment.address(), elements), elements, type.nd4j());
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
      NativeHeap.free(allocated);
      LIVE.decrementAndGet();
      LIVE_BYTES.addAndGet(-segment.byteSize());
    }
  }

  /** A pointer to memory that is somebody else's. */
  private static final class Address extends FloatPointer {
    Address(long address, long elements) {
      super((Pointer) null);
      this.address = address;
      this.capacity = elements;
      this.limit = elements;
    }
  }
}

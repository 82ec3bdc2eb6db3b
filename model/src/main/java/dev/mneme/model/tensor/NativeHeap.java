package dev.mneme.model.tensor;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/**
 * The C library's {@code calloc} and {@code free}. Not an {@link java.lang.foreign.Arena}: those
 * count towards {@code -XX:MaxDirectMemorySize}, which follows the Java heap, and weights do not.
 */
final class NativeHeap {
  // Restricted: both are the C library's own functions under their own signatures.
  @SuppressWarnings("restricted")
  private static MethodHandle function(String name, FunctionDescriptor signature) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), signature);
  }

  private static final MethodHandle CALLOC =
      function("calloc", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle FREE = function("free", FunctionDescriptor.ofVoid(JAVA_LONG));

  private NativeHeap() {}

  /**
   * The address of so many zero bytes.
   *
   * @throws OutOfMemoryError when the system has not that many
   */
  static long allocateZeroed(long bytes) {
    long address;
    try {
      address = (long) CALLOC.invokeExact(1L, bytes);
    } catch (Throwable e) {
      throw new AssertionError("calloc throws nothing", e);
    }
    if (address == 0) {
      throw new OutOfMemoryError("the system has no " + bytes + " bytes of native memory left");
    }
    return address;
  }

  static void free(long address) {
    try {
      FREE.invokeExact(address);
    } catch (Throwable e) {
      throw new AssertionError("free throws nothing", e);
    }
  }
}

package dev.mneme.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** What the operating system says of this process. Stateless. */
public final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private ProcessMemory() {}

  /**
   * The largest resident size so far, in bytes; empty where the system does not tell (not Linux).
   */
  public static OptionalLong peakBytes() {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith("VmHWM:")) {
          return OptionalLong.of(Long.parseLong(line.replaceAll("\\D", "")) * 1024);
        }
      }
    } catch (IOException e) {
      // Not Linux, or hidden from us: the caller has its own next best figure.
    }
    return OptionalLong.empty();
  }
}

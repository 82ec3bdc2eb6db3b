package dev.mneme.ltm;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * One process a home. The lock is the operating system's, so a dead process never holds it; the
 * file's words only say who does. A held lock is reported as in use and touches nothing.
 */
final class StoreLock implements AutoCloseable {
  private final FileChannel channel;
  private final FileLock lock;

  private StoreLock(FileChannel channel, FileLock lock) {
    this.channel = channel;
    this.lock = lock;
  }

  static StoreLock acquire(Path home, Instant now) {
    Path file = home.resolve("in-use");
    try {
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      @Nullable FileLock lock;
      try {
        // Only the byte at the end of the range is locked, so that others can read the words.
        lock = channel.tryLock(Long.MAX_VALUE - 1, 1, false);
      } catch (OverlappingFileLockException e) {
        lock = null;
      }
      if (lock == null) {
        channel.close();
        throw new MemoryStoreException.InUse(
            "the memory at "
                + home
                + " is in use by "
                + Files.readString(file, UTF_8).strip()
                + "; close that program or choose another home");
      }
      byte[] words =
          ("process "
                  + ProcessHandle.current().pid()
                  + " since "
                  + now.truncatedTo(ChronoUnit.SECONDS)
                  + "\n")
              .getBytes(UTF_8);
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(words), 0);
      return new StoreLock(channel, lock);
    } catch (IOException e) {
      throw new MemoryStoreException(
          "cannot lock " + file + ": " + e.getMessage() + "; is the directory writable?", false, e);
    }
  }

  @Override
  public void close() {
    try (channel) {
      lock.release();
    } catch (IOException e) {
      throw new MemoryStoreException("cannot release the lock of the memory", true, e);
    }
  }
}

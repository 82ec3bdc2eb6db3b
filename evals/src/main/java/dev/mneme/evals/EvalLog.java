package dev.mneme.evals;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.data.Json;
import dev.mneme.data.JsonLines;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A run's directory while it is being written: {@code items.jsonl}, one record a line, only ever
 * appended to, and {@code run.json}.
 *
 * <p>A process that died in mid-line leaves a torn tail; opening the log cuts it off. One process
 * holds a log at a time. {@link #append} is thread-safe.
 */
final class EvalLog implements AutoCloseable {
  static final String ITEMS = "items.jsonl";
  static final String INFO = "run.json";

  private final Path directory;
  private final FileChannel channel;

  @MustBeClosed
  EvalLog(Path directory) {
    this.directory = directory;
    Path items = directory.resolve(ITEMS);
    FileChannel opened;
    try {
      Files.createDirectories(directory);
      opened = FileChannel.open(items, CREATE, READ, WRITE);
    } catch (IOException e) {
      throw new EvalException("cannot open the log " + items, e);
    }
    try {
      if (!isOurs(opened)) {
        throw new EvalException(
            "another process is writing " + items + "; wait for it, or choose another directory",
            null);
      }
      cutTornTail(opened);
      opened.position(opened.size());
    } catch (IOException e) {
      closeQuietly(opened, e);
      throw new EvalException("cannot open the log " + items, e);
    } catch (EvalException e) {
      closeQuietly(opened, e);
      throw e;
    }
    this.channel = opened;
  }

  /** What the log holds, the last record of each key. */
  Map<String, EvalRecord> records() {
    return read(directory);
  }

  static Map<String, EvalRecord> read(Path directory) {
    Path items = directory.resolve(ITEMS);
    var records = new LinkedHashMap<String, EvalRecord>();
    if (Files.exists(items)) {
      try (var lines = JsonLines.read(items, EvalRecord.class)) {
        lines.forEach(each -> records.put(each.key(), each));
      }
    }
    return records;
  }

  synchronized void append(EvalRecord entry) {
    ByteBuffer line = ByteBuffer.wrap(JsonLines.line(entry).getBytes(UTF_8));
    try {
      while (line.hasRemaining()) {
        channel.write(line);
      }
    } catch (IOException e) {
      throw new EvalException("cannot write to " + directory.resolve(ITEMS), e);
    }
  }

  /** Replaces {@code run.json} in one step. */
  void write(RunInfo info) {
    write(directory, info);
  }

  static void write(Path directory, RunInfo info) {
    Path file = directory.resolve(INFO);
    Path temporary = directory.resolve(INFO + ".tmp");
    try {
      Files.writeString(
          temporary,
          Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(info) + "\n");
      Files.move(temporary, file, ATOMIC_MOVE, REPLACE_EXISTING);
    } catch (IOException e) {
      throw new EvalException("cannot write " + file, e);
    }
  }

  static Optional<RunInfo> info(Path directory) {
    Path file = directory.resolve(INFO);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Json.mapper().readValue(Files.readString(file), RunInfo.class));
    } catch (IOException | RuntimeException e) {
      throw new EvalException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new EvalException("cannot close " + directory.resolve(ITEMS), e);
    }
  }

  private static boolean isOurs(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static void cutTornTail(FileChannel channel) throws IOException {
    long end = channel.size();
    var one = ByteBuffer.allocate(1);
    while (end > 0) {
      channel.read(one.clear(), end - 1);
      if (one.get(0) == '\n') {
        break;
      }
      end--;
    }
    channel.truncate(end);
  }

  private static void closeQuietly(FileChannel channel, Exception cause) {
    try {
      channel.close();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }
}

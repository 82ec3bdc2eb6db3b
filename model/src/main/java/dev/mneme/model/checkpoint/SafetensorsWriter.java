package dev.mneme.model.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.Json;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.node.ObjectNode;

/** Writes one safetensors file atomically: beside its place, forced to disk, renamed. Stateless. */
public final class SafetensorsWriter {
  private static final long CHUNK = 1 << 20;

  private SafetensorsWriter() {}

  /**
   * Writes the tensors in the given order.
   *
   * @throws CheckpointException if the disk fails; the old file, if any, is then untouched
   */
  public static void write(Path file, List<TensorSource> tensors, Map<String, String> metadata) {
    atomically(
        file,
        channel -> {
          writeHeader(channel, tensors, metadata);
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(CHUNK * 4, 64);
            for (TensorSource tensor : tensors) {
              writeTensor(channel, tensor, buffer);
            }
          }
        });
  }

  /** Writes bytes atomically, as the tensors are. */
  static void writeBytes(Path file, byte[] bytes) {
    atomically(file, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
  }

  private static void writeHeader(
      FileChannel channel, List<TensorSource> tensors, Map<String, String> metadata)
      throws IOException {
    ObjectNode header = Json.mapper().createObjectNode();
    ObjectNode meta = header.putObject("__metadata__");
    meta.put("format", "pt");
    metadata.forEach(meta::put);
    long offset = 0;
    for (TensorSource tensor : tensors) {
      if (header.has(tensor.name())) {
        throw new IllegalArgumentException("two tensors are named " + tensor.name());
      }
      ObjectNode node = header.putObject(tensor.name());
      node.put("dtype", tensor.to().name());
      var shape = node.putArray("shape");
      tensor.shape().forEach(shape::add);
      long end = offset + tensor.storedBytes();
      node.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] json = header.toString().getBytes(UTF_8);
    int padded = Math.ceilDiv(json.length, 8) * 8;
    ByteBuffer bytes = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(padded).put(json);
    Arrays.fill(bytes.array(), bytes.position(), bytes.capacity(), (byte) ' ');
    writeFully(channel, bytes.rewind());
  }

  private static void writeTensor(FileChannel channel, TensorSource t, MemorySegment buffer)
      throws IOException {
    if (t.from() == t.to()) {
      for (long at = 0; at < t.bytes().byteSize(); at += CHUNK) {
        long size = Math.min(CHUNK, t.bytes().byteSize() - at);
        MemorySegment.copy(t.bytes(), at, buffer, 0, size);
        writeFully(channel, buffer.asSlice(0, size).asByteBuffer());
      }
      return;
    }
    long count = t.bytes().byteSize() / t.from().bytes();
    for (long at = 0; at < count; at += CHUNK) {
      long size = Math.min(CHUNK, count - at);
      t.to().fromFloats(t.bytes(), at, buffer, size);
      writeFully(channel, buffer.asSlice(0, size * t.to().bytes()).asByteBuffer());
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  private static void atomically(Path file, Content content) {
    Path target = file.toAbsolutePath();
    Path directory = Objects.requireNonNull(target.getParent(), "a file has a folder");
    Path partial = target.resolveSibling("." + target.getFileName() + ".partial");
    try {
      Files.createDirectories(directory);
      try (FileChannel channel =
          FileChannel.open(
              partial,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(
          partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      forceDirectory(directory);
    } catch (IOException e) {
      CheckpointException failure =
          new CheckpointException(file + ": cannot be written (" + e + ")", e);
      try {
        Files.deleteIfExists(partial);
      } catch (IOException suppressed) {
        failure.addSuppressed(suppressed);
      }
      throw failure;
    }
  }

  /** Makes a rename durable; not every platform lets a directory be opened, then it is skipped. */
  private static void forceDirectory(Path directory) throws IOException {
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}

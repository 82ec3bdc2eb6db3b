package dev.mneme.model.checkpoint;

import dev.mneme.data.Json;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;

/**
 * One safetensors file, mapped: an eight-byte length, a JSON header, the tensors. Thread-safe; the
 * caller closes, which unmaps.
 */
public final class SafetensorsFile implements AutoCloseable {
  /** The format's own limit on the header. */
  private static final long MAX_HEADER = 100_000_000;

  private final Arena arena;
  private final Map<String, TensorView> tensors;
  private final Map<String, String> metadata;

  private SafetensorsFile(
      Arena arena, Map<String, TensorView> tensors, Map<String, String> metadata) {
    this.arena = arena;
    this.tensors = tensors;
    this.metadata = metadata;
  }

  /**
   * Maps a file and reads its header.
   *
   * @throws CheckpointException if it is missing, truncated or corrupt; nothing stays mapped
   */
  public static SafetensorsFile open(Path file) {
    Arena arena = Arena.ofShared();
    try {
      SafetensorsFile opened = map(file, arena);
      return opened;
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static SafetensorsFile map(Path file, Arena arena) {
    MemorySegment all;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < 8) {
        throw new CheckpointException(
            file + ": truncated, " + size + " bytes where a header length of 8 was expected");
      }
      all = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
    } catch (NoSuchFileException e) {
      throw new CheckpointException(file + ": no such file, expected a safetensors file", e);
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read (" + e + ")", e);
    }
    long header = all.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    if (header < 2 || header > MAX_HEADER) {
      throw new CheckpointException(
          file + ": corrupt, the header says it has " + header + " bytes, expected 2 to 100000000");
    }
    if (header > all.byteSize() - 8) {
      throw new CheckpointException(
          file
              + ": truncated inside the header, found "
              + (all.byteSize() - 8)
              + " bytes of it, expected "
              + header);
    }
    JsonNode root;
    try {
      root =
          Json.mapper()
              .reader(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
              .readTree(all.asSlice(8, header).toArray(ValueLayout.JAVA_BYTE));
    } catch (JacksonException e) {
      throw new CheckpointException(
          file + ": corrupt, the header is not JSON (" + e.getOriginalMessage() + ")", e);
    }
    if (root == null || !root.isObject()) {
      throw new CheckpointException(file + ": corrupt, the header is not a JSON object");
    }
    MemorySegment data = all.asSlice(8 + header);
    Map<String, TensorView> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      if (entry.getKey().equals("__metadata__")) {
        entry
            .getValue()
            .properties()
            .forEach(e -> metadata.put(e.getKey(), e.getValue().asString("")));
      } else {
        tensors.put(entry.getKey(), view(file, entry.getKey(), entry.getValue(), data));
      }
    }
    return new SafetensorsFile(arena, tensors, metadata);
  }

  private static TensorView view(Path file, String name, JsonNode node, MemorySegment data) {
    String at = file + ": tensor " + name;
    JsonNode offsets = node.get("data_offsets");
    JsonNode sizes = node.get("shape");
    JsonNode type = node.get("dtype");
    if (type == null
        || sizes == null
        || !sizes.isArray()
        || offsets == null
        || offsets.size() != 2
        || !offsets.get(0).isIntegralNumber()
        || !offsets.get(1).isIntegralNumber()) {
      throw new CheckpointException(
          at + " is described by " + node + ", expected dtype, shape and two data_offsets");
    }
    DType dtype;
    try {
      dtype = DType.valueOf(type.asString(""));
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(at + " has dtype " + type + ", expected F32, BF16 or F16", e);
    }
    List<Long> shape = new ArrayList<>();
    long bytes = dtype.bytes();
    try {
      for (JsonNode size : sizes) {
        if (!size.isIntegralNumber() || size.longValue() < 0) {
          throw new CheckpointException(at + " has shape " + sizes + ", expected whole numbers");
        }
        shape.add(size.longValue());
        bytes = Math.multiplyExact(bytes, size.longValue());
      }
    } catch (ArithmeticException e) {
      throw new CheckpointException(at + " has shape " + sizes + ", more than any file holds", e);
    }
    long from = offsets.get(0).longValue();
    long to = offsets.get(1).longValue();
    if (from < 0 || to < from || to - from != bytes) {
      throw new CheckpointException(
          at
              + " of dtype "
              + dtype
              + " and shape "
              + shape
              + " takes the bytes "
              + from
              + " to "
              + to
              + ", expected "
              + bytes
              + " bytes");
    }
    if (to > data.byteSize()) {
      throw new CheckpointException(
          at
              + " ends at byte "
              + to
              + " of the data, but the file holds "
              + data.byteSize()
              + ": it is truncated");
    }
    return new TensorView(file, name, dtype, List.copyOf(shape), data.asSlice(from, bytes));
  }

  /** Names in the header's order. */
  public Set<String> names() {
    return java.util.Collections.unmodifiableSet(tensors.keySet());
  }

  /** The tensor of that name, or null. */
  public @Nullable TensorView find(String name) {
    return tensors.get(name);
  }

  /** The header's {@code __metadata__}. */
  public Map<String, String> metadata() {
    return java.util.Collections.unmodifiableMap(metadata);
  }

  /** Unmaps the file; views die with it. Idempotent. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}

package dev.mneme.model.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.Json;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a checkpoint folder. Each file appears whole or not at all; the configuration comes last,
 * so a folder with a {@code config.json} that was written for the first time is complete.
 */
public final class CheckpointWriter {
  private CheckpointWriter() {}

  /** One file, whatever the size. */
  public static void write(Path folder, ModelConfig config, List<TensorSource> tensors) {
    write(folder, config, tensors, Long.MAX_VALUE);
  }

  /**
   * Writes tensors and configuration; other files of the folder (tokenizer) are left alone.
   *
   * @param tensors all of {@link ModelConfig#tensors()}, and more if wanted
   * @param maxShardBytes weights beyond this go to further files, with an index
   * @throws IllegalArgumentException if a tensor is missing or contradicts the configuration
   * @throws CheckpointException if the disk fails
   */
  public static void write(
      Path folder, ModelConfig config, List<TensorSource> tensors, long maxShardBytes) {
    checkComplete(config, tensors);
    List<List<TensorSource>> shards = split(tensors, maxShardBytes);
    try {
      Files.createDirectories(folder);
      if (shards.size() == 1) {
        SafetensorsWriter.write(folder.resolve(CheckpointReader.SINGLE), shards.get(0), Map.of());
        Files.deleteIfExists(folder.resolve(CheckpointReader.INDEX));
      } else {
        writeShards(folder, shards);
        Files.deleteIfExists(folder.resolve(CheckpointReader.SINGLE));
      }
    } catch (IOException e) {
      throw new CheckpointException(folder + ": cannot be written (" + e + ")", e);
    }
    SafetensorsWriter.writeBytes(
        folder.resolve(ModelConfig.FILE), config.toJsonBytes(mainType(tensors).torchName()));
  }

  private static void checkComplete(ModelConfig config, List<TensorSource> tensors) {
    Map<String, TensorSource> byName = new LinkedHashMap<>();
    tensors.forEach(t -> byName.put(t.name(), t));
    for (TensorSpec spec : config.tensors()) {
      TensorSource found = byName.get(spec.name());
      if (found == null || !found.shape().equals(spec.shape())) {
        throw new IllegalArgumentException(
            "tensor "
                + spec.name()
                + (found == null ? " is missing" : " has shape " + found.shape())
                + ", expected shape "
                + spec.shape());
      }
    }
  }

  private static List<List<TensorSource>> split(List<TensorSource> tensors, long maxShardBytes) {
    List<List<TensorSource>> shards = new ArrayList<>();
    List<TensorSource> current = new ArrayList<>();
    long size = 0;
    for (TensorSource tensor : tensors) {
      if (!current.isEmpty() && tensor.storedBytes() > maxShardBytes - size) {
        shards.add(current);
        current = new ArrayList<>();
        size = 0;
      }
      current.add(tensor);
      size += tensor.storedBytes();
    }
    shards.add(current);
    return shards;
  }

  private static void writeShards(Path folder, List<List<TensorSource>> shards) {
    ObjectNode index = Json.mapper().createObjectNode();
    ObjectNode metadata = index.putObject("metadata");
    ObjectNode map = index.putObject("weight_map");
    long total = 0;
    for (int i = 0; i < shards.size(); i++) {
      String name =
          String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
      SafetensorsWriter.write(folder.resolve(name), shards.get(i), Map.of());
      for (TensorSource tensor : shards.get(i)) {
        map.put(tensor.name(), name);
        total += tensor.storedBytes();
      }
    }
    metadata.put("total_size", total);
    SafetensorsWriter.writeBytes(
        folder.resolve(CheckpointReader.INDEX), index.toPrettyString().getBytes(UTF_8));
  }

  private static DType mainType(List<TensorSource> tensors) {
    long f32 =
        tensors.stream().filter(t -> t.to() == DType.F32).mapToLong(t -> t.shape().size()).sum();
    long bf16 =
        tensors.stream().filter(t -> t.to() == DType.BF16).mapToLong(t -> t.shape().size()).sum();
    long f16 =
        tensors.stream().filter(t -> t.to() == DType.F16).mapToLong(t -> t.shape().size()).sum();
    return f32 >= bf16 && f32 >= f16 ? DType.F32 : bf16 >= f16 ? DType.BF16 : DType.F16;
  }
}

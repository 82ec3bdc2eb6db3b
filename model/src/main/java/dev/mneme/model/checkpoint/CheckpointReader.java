package dev.mneme.model.checkpoint;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.TensorSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A checkpoint folder, opened for reading: its configuration and its tensors by name. Thread-safe;
 * the caller closes, after which {@link TensorView}s must not be used.
 *
 * <pre>{@code
 * try (CheckpointReader checkpoint = CheckpointReader.open(folder)) {
 *   float[] norm = checkpoint.tensor("model.norm.weight").toFloats();
 * }
 * }</pre>
 */
public final class CheckpointReader implements AutoCloseable {
  static final String SINGLE = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";

  private final Path folder;
  private final ModelConfig config;
  private final List<SafetensorsFile> files;
  private final Map<String, TensorView> tensors;

  private CheckpointReader(
      Path folder,
      ModelConfig config,
      List<SafetensorsFile> files,
      Map<String, TensorView> tensors) {
    this.folder = folder;
    this.config = config;
    this.files = files;
    this.tensors = tensors;
  }

  /**
   * Opens a folder and checks that every tensor of its configuration is there with its shape.
   *
   * @throws CheckpointException naming file, tensor, found and expected; nothing stays open
   */
  @MustBeClosed
  public static CheckpointReader open(Path folder) {
    ModelConfig config = ModelConfig.read(folder);
    List<SafetensorsFile> files = new ArrayList<>();
    try {
      Map<String, TensorView> tensors = new LinkedHashMap<>();
      Path index = folder.resolve(INDEX);
      Path source;
      if (Files.exists(folder.resolve(SINGLE)) || !Files.exists(index)) {
        source = folder.resolve(SINGLE);
        SafetensorsFile file = SafetensorsFile.open(source);
        files.add(file);
        addAll(tensors, file);
      } else {
        source = index;
        Map<String, String> weightMap = weightMap(index);
        for (String name : new LinkedHashSet<>(weightMap.values())) {
          SafetensorsFile file = SafetensorsFile.open(folder.resolve(name));
          files.add(file);
          addAll(tensors, file);
        }
        weightMap.forEach(
            (tensor, name) -> {
              if (!tensors.containsKey(tensor)) {
                throw new CheckpointException(
                    folder.resolve(name)
                        + ": tensor "
                        + tensor
                        + " is missing, expected because "
                        + INDEX
                        + " says so");
              }
            });
      }
      CheckpointReader reader = new CheckpointReader(folder, config, files, tensors);
      for (TensorSpec spec : config.tensors()) {
        reader.check(spec, source);
      }
      return reader;
    } catch (RuntimeException e) {
      files.forEach(SafetensorsFile::close);
      throw e;
    }
  }

  private static void addAll(Map<String, TensorView> tensors, SafetensorsFile file) {
    for (String name : file.names()) {
      TensorView view = file.find(name);
      if (view != null) {
        tensors.put(name, view);
      }
    }
  }

  private static Map<String, String> weightMap(Path index) {
    try {
      JsonNode map = Json.mapper().readTree(Files.readString(index)).path("weight_map");
      if (!map.isObject() || map.isEmpty()) {
        throw new CheckpointException(index + ": weight_map is " + map + ", expected an object");
      }
      Map<String, String> out = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> entry : map.properties()) {
        String name = entry.getValue().asString("");
        if (name.isEmpty() || name.contains("/") || name.contains("\\") || name.equals("..")) {
          throw new CheckpointException(
              index
                  + ": tensor "
                  + entry.getKey()
                  + " is in "
                  + entry.getValue()
                  + ", expected the name of a file beside the index");
        }
        out.put(entry.getKey(), name);
      }
      return out;
    } catch (JacksonException e) {
      throw new CheckpointException(index + ": not JSON (" + e.getOriginalMessage() + ")", e);
    } catch (IOException e) {
      throw new CheckpointException(index + ": cannot be read (" + e + ")", e);
    }
  }

  private void check(TensorSpec spec, Path source) {
    TensorView view = tensors.get(spec.name());
    if (view == null) {
      throw new CheckpointException(
          source
              + ": tensor "
              + spec.name()
              + " is missing, expected shape "
              + spec.shape()
              + " according to "
              + ModelConfig.FILE);
    }
    if (!view.shape().equals(spec.shape())) {
      throw new CheckpointException(
          view.file()
              + ": tensor "
              + spec.name()
              + " has shape "
              + view.shape()
              + ", expected "
              + spec.shape()
              + " according to "
              + ModelConfig.FILE);
    }
    if (!view.dtype().isWeight()) {
      throw new CheckpointException(
          view.file()
              + ": tensor "
              + spec.name()
              + " is "
              + view.dtype()
              + ", expected F32, BF16 or F16");
    }
  }

  /** The folder that was opened. */
  public Path folder() {
    return folder;
  }

  /** What {@code config.json} says. */
  public ModelConfig config() {
    return config;
  }

  /** Every tensor in the files, also those the configuration does not ask for. */
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  /** The tensor of that name, or null. */
  public @Nullable TensorView find(String name) {
    return tensors.get(name);
  }

  /**
   * The tensor of that name.
   *
   * @throws CheckpointException if there is none
   */
  public TensorView tensor(String name) {
    TensorView view = tensors.get(name);
    if (view == null) {
      throw new CheckpointException(folder + ": tensor " + name + " is missing");
    }
    return view;
  }

  /** The type most elements are stored in. */
  public DType dtype() {
    Map<DType, Long> counts = new LinkedHashMap<>();
    tensors.values().forEach(v -> counts.merge(v.dtype(), v.count(), Long::sum));
    return counts.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse(DType.F32);
  }

  /** Whether every multi-token prediction tensor of the configuration is there. */
  public boolean hasMtp() {
    return config.mtpLayers() > 0
        && config.mtpTensors().stream()
            .allMatch(
                spec -> {
                  TensorView view = tensors.get(spec.name());
                  return view != null && view.shape().equals(spec.shape());
                });
  }

  /**
   * SHA-256, in hex, of what makes the model: configuration, weights and tokenizer files, by name
   * and content. Two folders with equal hashes answer alike.
   *
   * @throws CheckpointException if a file cannot be read
   */
  public static String contentHash(Path folder) {
    Set<String> names = new TreeSet<>();
    try (var entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (name.equals(ModelConfig.FILE)
            || name.equals(INDEX)
            || name.startsWith("tokenizer")
            || (name.endsWith(".safetensors") && !name.startsWith("."))) {
          names.add(name);
        }
      }
    } catch (IOException e) {
      throw new CheckpointException(folder + ": cannot be read (" + e + ")", e);
    }
    List<String> parts = new ArrayList<>();
    for (String name : names) {
      parts.add(name);
      parts.add(fileHash(folder.resolve(name)));
    }
    return Hashes.sha256(parts.toArray(String[]::new));
  }

  private static String fileHash(Path file) {
    MessageDigest digest = Hashes.newSha256();
    byte[] buffer = new byte[1 << 20];
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      while (in.read(buffer) >= 0) {
        // the stream updates the digest
      }
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read (" + e + ")", e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Unmaps the files. Idempotent. */
  @Override
  public void close() {
    files.reversed().forEach(SafetensorsFile::close);
  }
}

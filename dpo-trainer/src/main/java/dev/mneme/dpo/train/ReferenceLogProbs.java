package dev.mneme.dpo.train;

import dev.mneme.data.JsonLines;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TrainableModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The frozen reference's log-probability of each reply, computed once and kept by content hash.
 *
 * <p>The key covers the reference's weights, the tokens and which of them count, so a cached value
 * is never used for another model, template or reply. One thread at a time.
 */
final class ReferenceLogProbs {
  private static final int TOKENS_PER_BATCH = 4096;

  /** One cached value. */
  private record Entry(String key, double logp) {}

  private final @Nullable Path file;
  private final Map<String, Double> known = new HashMap<>();
  private int hits;
  private int computed;

  /**
   * @param file JSON Lines cache; null keeps values in memory only
   */
  ReferenceLogProbs(@Nullable Path file) {
    this.file = file;
    if (file != null && Files.exists(file)) {
      for (Entry each : JsonLines.readAll(file, Entry.class)) {
        known.put(each.key(), each.logp());
      }
    }
  }

  /** Makes sure that every segment's value is known. */
  void compute(TrainableModel reference, Map<String, PackedBatch.Segment> segments) {
    Map<String, PackedBatch.Segment> missing = new LinkedHashMap<>();
    segments.forEach(
        (key, segment) -> {
          if (known.containsKey(key)) {
            hits++;
          } else {
            missing.put(key, segment);
          }
        });
    List<Entry> added = new ArrayList<>();
    List<String> keys = new ArrayList<>();
    List<PackedBatch.Segment> batch = new ArrayList<>();
    int tokens = 0;
    for (var each : missing.entrySet()) {
      if (!batch.isEmpty() && tokens + each.getValue().length() > TOKENS_PER_BATCH) {
        run(reference, keys, batch, added);
        tokens = 0;
      }
      keys.add(each.getKey());
      batch.add(each.getValue());
      tokens += each.getValue().length();
    }
    if (!batch.isEmpty()) {
      run(reference, keys, batch, added);
    }
    computed += added.size();
    append(added);
  }

  private void run(
      TrainableModel reference,
      List<String> keys,
      List<PackedBatch.Segment> batch,
      List<Entry> added) {
    double[] logps = reference.logProbs(PackedBatch.of(batch));
    for (int i = 0; i < logps.length; i++) {
      known.put(keys.get(i), logps[i]);
      added.add(new Entry(keys.get(i), logps[i]));
    }
    keys.clear();
    batch.clear();
  }

  private void append(List<Entry> added) {
    if (file == null || added.isEmpty()) {
      return;
    }
    var lines = new StringBuilder();
    added.forEach(e -> lines.append(JsonLines.line(e)));
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      dropTornTail(file);
      Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the reference cache " + file, e);
    }
  }

  /** A process that died in mid-write left half a line; another after it would spoil both. */
  private static void dropTornTail(Path file) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    byte[] bytes = Files.readAllBytes(file);
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] != '\n') {
      end--;
    }
    if (end < bytes.length) {
      Files.write(file, Arrays.copyOf(bytes, end));
    }
  }

  double get(String key) {
    Double value = known.get(key);
    if (value == null) {
      throw new IllegalStateException("no reference log-probability for " + key);
    }
    return value;
  }

  int hits() {
    return hits;
  }

  int computed() {
    return computed;
  }
}

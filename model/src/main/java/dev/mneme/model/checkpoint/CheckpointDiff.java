package dev.mneme.model.checkpoint;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * How far apart the weights of two checkpoints of one shape are, part by part. Immutable.
 *
 * @param parts by kind of tensor: attention, experts, router, ...
 * @param layers by block, and what is outside of them
 * @param most the tensors that moved most relative to their norm
 * @param onlyInA tensors the second does not have in this shape
 * @param onlyInB tensors the first does not have in this shape
 */
public record CheckpointDiff(
    List<Part> parts,
    List<Part> layers,
    List<Part> most,
    Set<String> onlyInA,
    Set<String> onlyInB) {
  private static final int MOST = 8;

  /**
   * @param name of the part or tensor
   * @param parameters how many weights
   * @param norm L2 norm in the first checkpoint
   * @param change L2 norm of the difference
   */
  public record Part(String name, long parameters, double norm, double change) {
    /** The change relative to what was there. */
    @JsonProperty
    public double relative() {
      return norm == 0 ? (change == 0 ? 0 : Double.MAX_VALUE) : change / norm;
    }
  }

  public CheckpointDiff {
    parts = List.copyOf(parts);
    layers = List.copyOf(layers);
    most = List.copyOf(most);
    onlyInA = new TreeSet<>(onlyInA);
    onlyInB = new TreeSet<>(onlyInB);
  }

  private static final class Sum {
    private long parameters;
    private double squares;
    private double changed;

    void add(long n, double square, double change) {
      parameters += n;
      squares += square;
      changed += change;
    }

    Part part(String name) {
      return new Part(name, parameters, Math.sqrt(squares), Math.sqrt(changed));
    }
  }

  /**
   * Compares two checkpoint folders, tensor by tensor.
   *
   * @throws CheckpointException when one of them cannot be read
   */
  public static CheckpointDiff of(Path a, Path b) {
    Map<String, Sum> parts = new LinkedHashMap<>();
    Map<String, Sum> layers = new LinkedHashMap<>();
    List<Part> tensors = new ArrayList<>();
    Set<String> onlyInA = new TreeSet<>();
    Set<String> onlyInB = new TreeSet<>();
    try (CheckpointReader first = CheckpointReader.open(a);
        CheckpointReader second = CheckpointReader.open(b)) {
      for (String name : first.names()) {
        TensorView x = first.tensor(name);
        TensorView y = second.find(name);
        if (y == null || !y.shape().equals(x.shape())) {
          onlyInA.add(name);
          continue;
        }
        float[] before = x.toFloats();
        float[] after = y.toFloats();
        double square = 0;
        double change = 0;
        for (int i = 0; i < before.length; i++) {
          double d = (double) after[i] - before[i];
          square += (double) before[i] * before[i];
          change += d * d;
        }
        parts.computeIfAbsent(kind(name), k -> new Sum()).add(before.length, square, change);
        layers.computeIfAbsent(layer(name), k -> new Sum()).add(before.length, square, change);
        tensors.add(new Part(name, before.length, Math.sqrt(square), Math.sqrt(change)));
      }
      for (String name : second.names()) {
        TensorView x = first.find(name);
        if (x == null || !x.shape().equals(second.tensor(name).shape())) {
          onlyInB.add(name);
        }
      }
    }
    tensors.sort(Comparator.comparingDouble(Part::relative).reversed());
    return new CheckpointDiff(
        list(parts),
        list(layers),
        tensors.stream().filter(t -> t.change() > 0).limit(MOST).toList(),
        onlyInA,
        onlyInB);
  }

  private static List<Part> list(Map<String, Sum> sums) {
    List<Part> all = new ArrayList<>();
    sums.forEach((name, sum) -> all.add(sum.part(name)));
    return all;
  }

  private static String kind(String name) {
    if (name.contains("embed_tokens")) {
      return "embedding";
    }
    if (name.contains("lm_head")) {
      return "head";
    }
    if (name.contains("norm")) {
      return "norms";
    }
    if (name.contains("self_attn")) {
      return "attention";
    }
    if (name.contains("mlp.gate.")) {
      return "router";
    }
    if (name.contains("shared_experts")) {
      return "shared experts";
    }
    if (name.contains("experts.")) {
      return "experts";
    }
    return name.contains(".mlp.") ? "dense feed-forward" : "other";
  }

  private static String layer(String name) {
    String[] names = name.split("\\.");
    for (int i = 0; i + 1 < names.length; i++) {
      if (names[i].equals("layers")) {
        return "layer " + names[i + 1];
      }
    }
    return "outside the layers";
  }
}

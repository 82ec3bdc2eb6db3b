package dev.mneme.cli;

import dev.mneme.data.Json;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.dpo.registry.DataProvenance;
import dev.mneme.model.checkpoint.CheckpointDiff;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "diff",
    description =
        "What separates two checkpoints: configuration, what they learned from, scores, and how far"
            + " the weights moved, part by part.")
final class ModelsDiffCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "A", description = "Id, prefix of it, or name.")
  String a = "";

  @Parameters(index = "1", paramLabel = "B", description = "Id, prefix of it, or name.")
  String b = "";

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  /** A key with its value on both sides; null where a side has none. */
  private record Changed(String key, @Nullable Object a, @Nullable Object b) {}

  /**
   * Pairs by where they were learned from.
   *
   * @param reweighted learned from by both, with other weights
   */
  private record Data(
      int onlyInA, int onlyInB, int inBoth, int reweighted, Set<String> newUsers, int newTurns) {}

  @Override
  public Integer call() {
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      CheckpointRegistry registry = bench.registry();
      CheckpointManifest first = registry.require(a);
      CheckpointManifest second = registry.require(b);
      CheckpointDiff weights = CheckpointDiff.of(registry.folder(first), registry.folder(second));
      List<Changed> config = changed(first.config(), second.config());
      List<Changed> scores = changed(first.scores(), second.scores());
      Data data = data(first.data(), second.data());
      if (json) {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("a", first.id());
        value.put("b", second.id());
        value.put("descent", descent(registry, first, second));
        value.put("config", config);
        value.put("data", data);
        value.put("scores", scores);
        value.put("weights", weights);
        Output.json(spec, value);
        return ExitCodes.OK;
      }
      PrintWriter out = Output.out(spec);
      out.println("A  " + title(first));
      out.println("B  " + title(second));
      out.println(descent(registry, first, second));
      print(out, "Configuration", config);
      out.printf(
          Locale.ROOT,
          "Data: %d pairs only in A, %d only in B, %d in both (%d with another weight); B learned"
              + " from %d more turns and %d more people.%n",
          data.onlyInA(),
          data.onlyInB(),
          data.inBoth(),
          data.reweighted(),
          data.newTurns(),
          data.newUsers().size());
      print(out, "Scores", scores);
      print(out, weights);
      out.flush();
      return ExitCodes.OK;
    }
  }

  private static String title(CheckpointManifest manifest) {
    return manifest.id()
        + "  "
        + manifest.kind().toString().toLowerCase(Locale.ROOT)
        + "  "
        + manifest.name()
        + "  "
        + manifest.createdAt();
  }

  private static String descent(
      CheckpointRegistry registry, CheckpointManifest first, CheckpointManifest second) {
    int down = steps(registry, second, first);
    if (down >= 0) {
      return down == 0 ? "They are one." : "B descends from A, " + down + " training(s) later.";
    }
    int up = steps(registry, first, second);
    return up > 0
        ? "A descends from B, " + up + " training(s) later."
        : "Neither descends from the other.";
  }

  private static int steps(
      CheckpointRegistry registry, CheckpointManifest from, CheckpointManifest to) {
    int steps = 0;
    for (CheckpointManifest each = from; ; steps++) {
      if (each.id().equals(to.id())) {
        return steps;
      }
      String parent = each.parent();
      CheckpointManifest next = parent == null ? null : registry.find(parent).orElse(null);
      if (next == null) {
        return -1;
      }
      each = next;
    }
  }

  private static List<Changed> changed(Map<String, ?> first, Map<String, ?> second) {
    Set<String> keys = new LinkedHashSet<>(first.keySet());
    keys.addAll(second.keySet());
    List<Changed> changed = new ArrayList<>();
    for (String key : keys) {
      Object x = first.get(key);
      Object y = second.get(key);
      // Numbers that went through JSON may come back as another type of the same value.
      if (!Objects.equals(text(x), text(y))) {
        changed.add(new Changed(key, x, y));
      }
    }
    return changed;
  }

  private static String text(@Nullable Object value) {
    return value instanceof Number number
        ? Double.toString(number.doubleValue())
        : value == null ? "none" : Json.mapper().writeValueAsString(value);
  }

  private static Data data(DataProvenance first, DataProvenance second) {
    Set<String> both = new LinkedHashSet<>(first.pairWeights().keySet());
    both.retainAll(second.pairWeights().keySet());
    long reweighted =
        both.stream()
            .filter(
                id -> !Objects.equals(first.pairWeights().get(id), second.pairWeights().get(id)))
            .count();
    Set<String> users = new TreeSet<>(second.users());
    first.users().forEach(users::remove);
    Set<String> turns = new TreeSet<>(second.turnIds());
    first.turnIds().forEach(turns::remove);
    return new Data(
        first.pairWeights().size() - both.size(),
        second.pairWeights().size() - both.size(),
        both.size(),
        (int) reweighted,
        users,
        turns.size());
  }

  private static void print(PrintWriter out, String title, List<Changed> changed) {
    if (changed.isEmpty()) {
      out.println(title + ": the same.");
      return;
    }
    out.println(title + ":");
    for (Changed each : changed) {
      out.printf(Locale.ROOT, "  %-22s %s -> %s%n", each.key(), text(each.a()), text(each.b()));
    }
  }

  private static void print(PrintWriter out, CheckpointDiff weights) {
    out.println("Weights:");
    out.printf(
        Locale.ROOT, "  %-22s %12s %12s %12s %9s%n", "part", "weights", "norm", "change", "");
    weights.parts().forEach(part -> print(out, part));
    weights.layers().forEach(part -> print(out, part));
    if (!weights.most().isEmpty()) {
      out.println("  moved most:");
      weights.most().forEach(part -> print(out, part));
    }
    if (!weights.onlyInA().isEmpty() || !weights.onlyInB().isEmpty()) {
      out.printf(
          Locale.ROOT,
          "  %d tensors only in A and %d only in B (or of another shape)%n",
          weights.onlyInA().size(),
          weights.onlyInB().size());
    }
  }

  private static void print(PrintWriter out, CheckpointDiff.Part part) {
    out.printf(
        Locale.ROOT,
        "  %-22s %,12d %12.4f %12.6f %8.3f%%%n",
        part.name(),
        part.parameters(),
        part.norm(),
        part.change(),
        100 * part.relative());
  }
}

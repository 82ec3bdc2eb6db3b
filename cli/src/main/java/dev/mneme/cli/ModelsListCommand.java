package dev.mneme.cli;

import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "list", description = "Every checkpoint, with what became of it.")
final class ModelsListCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      CheckpointRegistry registry = bench.registry();
      List<CheckpointManifest> all = registry.list();
      String active = registry.active().map(CheckpointManifest::id).orElse("");
      if (json) {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("active", active);
        value.put("checkpoints", all);
        Output.json(spec, value);
        return ExitCodes.OK;
      }
      PrintWriter out = Output.out(spec);
      if (all.isEmpty()) {
        out.println("No checkpoints yet; 'mneme models import DIR' adds one.");
      }
      for (CheckpointManifest each : all) {
        out.printf(
            Locale.ROOT,
            "%s %s  %-10s %-24s %s%s%n",
            each.id().equals(active) ? "*" : " ",
            each.id(),
            each.kind().toString().toLowerCase(Locale.ROOT),
            each.name(),
            each.parent() == null ? "" : "from " + each.parent() + "  ",
            outcome(each));
      }
      return ExitCodes.OK;
    }
  }

  private static String outcome(CheckpointManifest manifest) {
    var decision = manifest.decision();
    String said =
        decision == null
            ? ""
            : (decision.promoted() ? "promoted: " : "rejected: ") + decision.reason();
    return manifest.flags().isEmpty() ? said : said + "  FLAGGED " + manifest.flags();
  }
}

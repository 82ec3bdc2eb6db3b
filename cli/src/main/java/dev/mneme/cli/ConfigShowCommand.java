package dev.mneme.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(name = "show", description = "Print every key with its value.")
final class ConfigShowCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(names = "--origin", description = "Also print where each value comes from.")
  boolean origin;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    var resolved = GlobalOptions.of(spec).resolveConfig();
    if (json) {
      Output.json(spec, origin ? resolved : resolved.tree());
      return ExitCodes.OK;
    }
    var out = Output.out(spec);
    resolved
        .origins()
        .forEach(
            (path, from) -> {
              JsonNode value = resolved.tree().at("/" + path.replace('.', '/'));
              out.println(path + ": " + value + (origin ? "   # " + from : ""));
            });
    return ExitCodes.OK;
  }
}

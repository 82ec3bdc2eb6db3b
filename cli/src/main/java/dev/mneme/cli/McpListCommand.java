package dev.mneme.cli;

import dev.mneme.agent.mcp.McpLimits;
import dev.mneme.agent.mcp.McpServerConfig;
import dev.mneme.agent.mcp.McpServerStatus;
import dev.mneme.agent.mcp.McpTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "list",
    description = "Reach the configured servers and show what each offers, or why it does not.")
final class McpListCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "The mcpServers file (default: mcp.json in the data directory).")
  @Nullable Path file;

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    Path path = file == null ? GlobalOptions.of(spec).home().mcpServers() : file;
    if (file == null && !Files.exists(path)) {
      Output.err(spec)
          .println(
              "No servers are configured; "
                  + path
                  + " would hold them as {\"mcpServers\": {\"NAME\": {\"command\": ...}}}.");
      return ExitCodes.OK;
    }
    List<McpServerStatus> status;
    try (var tools = new McpTools(read(path), McpLimits.DEFAULT)) {
      status = tools.status();
    }
    if (json) {
      Output.json(spec, status);
    } else {
      var out = Output.out(spec);
      for (McpServerStatus each : status) {
        out.println(
            each.name() + ": " + (each.connected() ? "connected, " + each.server() : "no answer"));
        each.tools().forEach(tool -> out.println("  " + tool));
        each.problems().forEach(problem -> out.println("  ! " + problem));
      }
    }
    return status.stream().allMatch(McpServerStatus::connected) ? ExitCodes.OK : ExitCodes.FAILURE;
  }

  static List<McpServerConfig> read(Path path) {
    try {
      return McpServerConfig.parse(
          Files.readString(path),
          path.toString(),
          name -> Optional.ofNullable(System.getenv(name)));
    } catch (IOException e) {
      throw new UserError("cannot read " + path + ": " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
  }
}

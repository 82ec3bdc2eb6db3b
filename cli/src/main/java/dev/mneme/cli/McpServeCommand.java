package dev.mneme.cli;

import dev.mneme.agent.mcp.HttpMcpHost;
import dev.mneme.agent.mcp.McpFailure;
import dev.mneme.agent.mcp.MemoryServer;
import dev.mneme.cli.config.MnemeConfig;
import dev.mneme.ltm.MemoryStoreException;
import dev.mneme.ltm.Owner;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "serve",
    description = {
      "Offer the long-term memory to other agents.",
      "Without --http it speaks over standard input and output, as agents that start it expect:",
      "  {\"mcpServers\": {\"memory\": {\"command\": \"mneme\", \"args\": [\"mcp\", \"serve\"]}}}"
    })
final class McpServeCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--http",
      paramLabel = "PORT",
      description = "Serve streamable HTTP on 127.0.0.1 instead; 0 takes a free port.")
  @Nullable Integer port;

  @Option(
      names = "--token",
      paramLabel = "env:NAME",
      description =
          "Where the bearer token for --http is; without it a fresh one is made and shown.")
  @Nullable String token;

  @Option(
      names = "--graph",
      paramLabel = "FILE",
      description =
          "Knowledge graph of the reference memory server's tools (default: graph.jsonl in the data"
              + " directory); a file of that server can be used as it is.")
  @Nullable Path graph;

  @Override
  public Integer call() throws InterruptedException {
    GlobalOptions options = GlobalOptions.of(spec);
    MnemeConfig.ScopeConfig scope = options.config().scope();
    String secret = port == null ? "" : secret();
    try (Workbench bench = Workbench.of(options)) {
      var server =
          new MemoryServer(
              bench.store(),
              new Owner(scope.tenant(), scope.user(), scope.agent()),
              graph == null ? bench.home().graph() : graph,
              bench.clock());
      if (port == null) {
        server.serveStdio(System.in, System.out);
      } else {
        try (HttpMcpHost host = server.serveHttp(port, secret)) {
          Output.err(spec).println("Serving the memory at " + host.url() + ". Ctrl-C ends it.");
          if (token == null) {
            Output.err(spec).println("Clients send: Authorization: Bearer " + secret);
          }
          Output.err(spec).flush();
          host.join();
        }
      }
    } catch (MemoryStoreException | McpFailure e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.FAILURE, e);
    }
    return ExitCodes.OK;
  }

  private String secret() {
    if (token == null) {
      byte[] bytes = new byte[24];
      new SecureRandom().nextBytes(bytes);
      return HexFormat.of().formatHex(bytes);
    }
    if (!token.startsWith("env:")) {
      throw new UserError(
          "--token takes env:NAME, the variable that holds the token; a secret on the command line"
              + " is visible to every user of this machine");
    }
    String value = System.getenv(token.substring("env:".length()));
    if (value == null || value.length() < 16) {
      throw new UserError(
          "--token names "
              + token.substring("env:".length())
              + ", which is not set or shorter than 16 characters");
    }
    return value;
  }
}

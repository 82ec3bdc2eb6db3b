package dev.mneme.agent.mcp;

import dev.mneme.agent.tool.Tool;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.agent.tool.ToolContext;
import dev.mneme.agent.tool.ToolResult;
import dev.mneme.agent.tool.ToolTraits;
import dev.mneme.data.Json;
import dev.mneme.data.MemoryBlock;
import dev.mneme.data.ToolSpec;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.schema.JsonSchemaValidator;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One configured server: connected, broken and to be tried again, or closed. Thread-safe. */
final class McpConnection implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(McpConnection.class);
  private static final int MAX_PAGES = 32;
  private static final int MAX_NAME = 64;
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  /** How long a reply waits for a server that is tried again. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** A server that answers. {@code died} completes when its process ends. */
  private static final class Live {
    final McpSyncClient client;
    final CompletableFuture<String> died;
    final String server;
    final List<Tool> tools;

    Live(McpSyncClient client, CompletableFuture<String> died, String server, List<Tool> tools) {
      this.client = client;
      this.died = died;
      this.server = server;
      this.tools = tools;
    }
  }

  private final McpServerConfig config;
  private final McpLimits limits;
  private final JsonSchemaValidator validator = McpJsonDefaults.getSchemaValidator();
  private final ReentrantLock connecting = new ReentrantLock();
  private final CompletableFuture<Boolean> firstAttempt = new CompletableFuture<>();
  private volatile @Nullable Live live;
  private volatile List<String> problems = List.of("not connected yet");
  private volatile boolean closed;
  private final AtomicInteger failures = new AtomicInteger();
  private volatile long nextAttempt;

  McpConnection(McpServerConfig config, McpLimits limits) {
    this.config = config;
    this.limits = limits;
  }

  /** Connects in the background. */
  void start() {
    Thread.ofVirtual()
        .name("mcp-connect-" + config.name())
        .start(
            () -> {
              try {
                connected();
              } finally {
                firstAttempt.complete(true);
              }
            });
  }

  List<Tool> tools() {
    awaitFirstAttempt();
    Live now = failures.get() == 0 ? connected() : reconnected();
    return now == null ? List.of() : now.tools;
  }

  /**
   * Tries a server that would not start again, in the background: one that hangs would otherwise
   * hold up a reply for as long as a start may take, time and again.
   */
  private @Nullable Live reconnected() {
    Live now = live;
    if (now != null && !now.died.isDone()) {
      return now;
    }
    if (connecting.isLocked() || System.nanoTime() - nextAttempt < 0) {
      return null;
    }
    var attempt = new FutureTask<@Nullable Live>(this::connected);
    Thread.ofVirtual().name("mcp-reconnect-" + config.name()).start(attempt);
    try {
      return attempt.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      log.debug("MCP server {} is not back yet", config.name(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return null;
  }

  McpServerStatus status() {
    awaitFirstAttempt();
    Live now = live;
    return new McpServerStatus(
        config.name(),
        now != null,
        now == null ? "" : now.server,
        now == null ? List.of() : now.tools.stream().map(each -> each.spec().name()).toList(),
        problems);
  }

  @Override
  public void close() {
    closed = true;
    drop(live, null);
  }

  private void awaitFirstAttempt() {
    try {
      firstAttempt.get(limits.start().toMillis() + 1000, TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      log.debug("MCP server {} is still starting", config.name());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The live connection, made anew when it broke and the pause is over; null when there is none.
   */
  private @Nullable Live connected() {
    Live now = live;
    if (now != null && !now.died.isDone()) {
      return now;
    }
    connecting.lock();
    try {
      now = live;
      if (now != null && now.died.isDone()) {
        drop(now, now.died.join());
        now = null;
      }
      if (now != null || closed || System.nanoTime() - nextAttempt < 0) {
        return now;
      }
      return connect();
    } finally {
      connecting.unlock();
    }
  }

  private @Nullable Live connect() {
    McpSyncClient client = null;
    try {
      var died = new CompletableFuture<String>();
      McpClientTransport transport = transport(died);
      // Our own waits end first and say more; the SDK's only make sure that nothing stays behind.
      Duration sdkTimeout = limits.start().plus(limits.call());
      client =
          McpClient.sync(transport)
              .clientInfo(McpSchema.Implementation.builder("mneme", "0.1").build())
              .requestTimeout(sdkTimeout)
              .initializationTimeout(sdkTimeout)
              .build();
      McpSyncClient starting = client;
      McpSchema.InitializeResult initialized = bounded(starting::initialize, died, limits.start());
      List<String> left = new ArrayList<>();
      List<Tool> tools = bounded(() -> list(starting, left), died, limits.start());
      McpSchema.Implementation info = initialized.serverInfo();
      String server = info == null ? "" : ToolBox.head(info.name() + " " + info.version(), 100);
      var connected = new Live(client, died, server, tools);
      live = connected;
      problems = List.copyOf(left);
      failures.set(0);
      return connected;
    } catch (CallFailed e) {
      failed(e.getMessage());
    } catch (RuntimeException e) {
      log.debug("MCP server {} cannot be reached", config.name(), e);
      failed(describe(e));
    }
    if (client != null) {
      closeQuietly(client);
    }
    return null;
  }

  private void failed(@Nullable String why) {
    problems = List.of(String.valueOf(why));
    Duration pause = Duration.ofSeconds(1L << Math.min(failures.getAndIncrement(), 6));
    nextAttempt =
        System.nanoTime() + (pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause).toNanos();
  }

  private void drop(@Nullable Live gone, @Nullable String why) {
    if (gone != null) {
      if (live == gone) {
        live = null;
      }
      if (why != null) {
        problems = List.of(why);
      }
      closeQuietly(gone.client);
    }
  }

  private void closeQuietly(McpSyncClient client) {
    try {
      client.close();
    } catch (RuntimeException e) {
      log.debug("closing MCP server {}", config.name(), e);
    }
  }

  private McpClientTransport transport(CompletableFuture<String> died) {
    return switch (config) {
      case McpServerConfig.Stdio stdio -> new StdioTransport(stdio, limits.messageBytes(), died);
      case McpServerConfig.Http http -> {
        URI url = http.url();
        String path =
            url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        String base = url.getScheme() + "://" + url.getRawAuthority();
        var builder =
            HttpClientStreamableHttpTransport.builder(base)
                .endpoint(url.getRawQuery() == null ? path : path + "?" + url.getRawQuery())
                .jsonMapper(McpJson.mapper())
                .connectTimeout(limits.start())
                .maxResponseSize(limits.messageBytes());
        if (!http.headers().isEmpty()) {
          builder.addHttpRequestCustomizer(
              (request, method, uri, body, context) -> http.headers().forEach(request::setHeader));
        }
        yield builder.build();
      }
    };
  }

  private List<Tool> list(McpSyncClient client, List<String> left) {
    List<Tool> tools = new ArrayList<>();
    String cursor = null;
    for (int page = 0; page < MAX_PAGES; page++) {
      McpSchema.ListToolsResult result =
          cursor == null ? client.listTools() : client.listTools(cursor);
      for (McpSchema.Tool each : result.tools()) {
        if (tools.size() == limits.tools()) {
          left.add("it has more than " + limits.tools() + " tools; the rest is left out");
          return List.copyOf(tools);
        }
        Tool tool = tool(each, left);
        if (tool != null) {
          tools.add(tool);
        }
      }
      cursor = result.nextCursor();
      if (cursor == null || cursor.isEmpty()) {
        break;
      }
    }
    return List.copyOf(tools);
  }

  private @Nullable Tool tool(McpSchema.Tool offered, List<String> left) {
    String name = String.valueOf(offered.name());
    Map<String, Object> schema =
        offered.inputSchema() == null
            ? Map.of("type", "object")
            : new LinkedHashMap<>(offered.inputSchema());
    String shown = ToolBox.head(name, 60);
    if (Json.mapper().writeValueAsString(schema).length() > limits.schemaChars()) {
      left.add("the schema of \"" + shown + "\" is larger than " + limits.schemaChars());
      return null;
    }
    try {
      var checked = validator.validateSchema(schema);
      if (!checked.valid()) {
        left.add(
            "\"" + shown + "\" has no valid schema: " + ToolBox.head(checked.errorMessage(), 200));
        return null;
      }
    } catch (RuntimeException e) {
      left.add("\"" + shown + "\" has no usable schema");
      return null;
    }
    String safe = (config.name() + "__" + name).replaceAll("[^A-Za-z0-9_-]", "_");
    if (safe.length() > MAX_NAME) {
      left.add("the name of \"" + shown + "\" is longer than " + MAX_NAME + " with its server's");
      return null;
    }
    String description =
        MemoryBlock.quote(
            ToolBox.head(
                offered.description() == null ? name : offered.description(),
                limits.descriptionChars()));
    return new RemoteTool(
        new ToolSpec(safe, description, schema),
        traits(offered.annotations()),
        name,
        offered.outputSchema());
  }

  private static ToolTraits traits(McpSchema.@Nullable ToolAnnotations hints) {
    if (hints == null) {
      return ToolTraits.UNKNOWN;
    }
    return new ToolTraits(
        Boolean.TRUE.equals(hints.readOnlyHint()),
        !Boolean.FALSE.equals(hints.destructiveHint()),
        Boolean.TRUE.equals(hints.idempotentHint()),
        !Boolean.FALSE.equals(hints.openWorldHint()));
  }

  /** A tool of this server; it outlives the connection it was listed on. */
  private final class RemoteTool implements Tool {
    private final ToolSpec spec;
    private final ToolTraits traits;
    private final String remoteName;
    private final @Nullable Map<String, Object> outputSchema;

    RemoteTool(
        ToolSpec spec,
        ToolTraits traits,
        String remoteName,
        @Nullable Map<String, Object> outputSchema) {
      this.spec = spec;
      this.traits = traits;
      this.remoteName = remoteName;
      this.outputSchema = outputSchema;
    }

    @Override
    public ToolSpec spec() {
      return spec;
    }

    @Override
    public ToolTraits traits() {
      return traits;
    }

    @Override
    public String origin() {
      return "mcp:" + config.name();
    }

    @Override
    public boolean trusted() {
      return config.trusted();
    }

    @Override
    public ToolResult call(Map<String, Object> arguments, ToolContext context) {
      Live now = connected();
      if (now == null) {
        return new ToolResult.Failed(
            "the server " + config.name() + " is not reachable: " + String.join("; ", problems));
      }
      var request = McpSchema.CallToolRequest.builder(remoteName).arguments(arguments).build();
      try {
        return result(bounded(() -> now.client.callTool(request), now.died, limits.call()));
      } catch (CallFailed e) {
        drop(now, e.getMessage());
        return new ToolResult.Failed("the server " + config.name() + " failed: " + e.getMessage());
      }
    }

    private ToolResult result(McpSchema.CallToolResult result) {
      var text = new StringBuilder();
      List<McpSchema.Content> contents = result.content() == null ? List.of() : result.content();
      for (McpSchema.Content each : contents) {
        text.append(text.isEmpty() ? "" : "\n").append(shown(each));
      }
      Object structured = result.structuredContent();
      if (Boolean.TRUE.equals(result.isError())) {
        return new ToolResult.Failed(
            text.isEmpty() ? "the tool reports an error" : text.toString());
      }
      if (structured != null && outputSchema != null) {
        try {
          var checked = validator.validate(outputSchema, structured);
          if (!checked.valid()) {
            return new ToolResult.Failed(
                "the answer does not fit the tool's own schema: "
                    + ToolBox.head(String.valueOf(checked.errorMessage()), 300));
          }
        } catch (RuntimeException e) {
          return new ToolResult.Failed("the tool's own output schema cannot be used");
        }
      }
      if (text.isEmpty() && structured != null) {
        text.append(Json.mapper().writeValueAsString(structured));
      }
      return new ToolResult.Ok(text.toString(), structured);
    }

    private static String shown(McpSchema.Content content) {
      return switch (content) {
        case McpSchema.TextContent text -> text.text();
        case McpSchema.ImageContent image -> "[image " + image.mimeType() + "]";
        case McpSchema.AudioContent audio -> "[audio " + audio.mimeType() + "]";
        case McpSchema.ResourceLink link -> "[resource " + link.uri() + "]";
        case McpSchema.EmbeddedResource embedded ->
            embedded.resource() instanceof McpSchema.TextResourceContents text
                ? text.text()
                : "[resource " + embedded.resource().uri() + "]";
        default -> "[" + content.type() + "]";
      };
    }
  }

  /** The server did not answer; the connection is not to be trusted any more. */
  private static final class CallFailed extends Exception {
    private static final long serialVersionUID = 1L;

    CallFailed(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private interface Request<T> {
    T run();
  }

  /** Runs a request until it answers, the process dies or the time is up. */
  private <T> T bounded(Request<T> request, CompletableFuture<String> died, Duration time)
      throws CallFailed {
    var answer = new CompletableFuture<T>();
    Thread thread =
        Thread.ofVirtual()
            .name("mcp-call-" + config.name())
            .start(
                () -> {
                  try {
                    answer.complete(request.run());
                  } catch (Throwable e) {
                    answer.completeExceptionally(e);
                  }
                });
    try {
      CompletableFuture.anyOf(answer, died).get(time.toMillis(), TimeUnit.MILLISECONDS);
      if (!answer.isDone()) {
        // The last words of a dying process may still be on their way.
        try {
          return answer.get(200, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          throw new CallFailed(died.join(), e);
        }
      }
      return answer.get();
    } catch (TimeoutException e) {
      throw new CallFailed("no answer within " + time.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      String why = died.isDone() ? died.join() : describe(e.getCause() == null ? e : e.getCause());
      throw new CallFailed(why, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CallFailed("interrupted", e);
    } finally {
      thread.interrupt();
    }
  }

  private static String describe(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return ToolBox.head(message == null ? cause.getClass().getSimpleName() : message, 300);
  }
}

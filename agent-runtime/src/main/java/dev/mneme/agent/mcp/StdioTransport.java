package dev.mneme.agent.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.agent.tool.ToolBox;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Speaks with a server over the standard streams of a child process.
 *
 * <p>The SDK has such a transport, but its reader ends silently at the first line that is not JSON
 * (many servers greet on standard output), and nobody learns when the process cannot be started or
 * ends. This one skips such lines, tells when and why it ended, bounds the length of a line, hands
 * the child none of our environment but the harmless part, and takes its children down with it.
 */
final class StdioTransport implements McpClientTransport {
  private static final Logger log = LoggerFactory.getLogger(StdioTransport.class);
  private static final int MAX_NOISE = 1000;
  private static final int MAX_STDERR_LINE = 2000;
  private static final int EXIT_CODE_MILLIS = 2000;

  private final McpServerConfig.Stdio config;
  private final int maxLineBytes;
  private final McpJsonMapper mapper = McpJson.mapper();
  private final CompletableFuture<String> ended;
  private final ReentrantLock writing = new ReentrantLock();
  private volatile @Nullable Process process;
  private volatile boolean closed;

  /**
   * @param ended completed with the reason when the server can no longer be spoken with
   */
  StdioTransport(McpServerConfig.Stdio config, int maxLineBytes, CompletableFuture<String> ended) {
    this.config = config;
    this.ended = ended;
    this.maxLineBytes = maxLineBytes;
  }

  @Override
  public Mono<Void> connect(
      Function<Mono<McpSchema.JSONRPCMessage>, Mono<McpSchema.JSONRPCMessage>> handler) {
    return Mono.fromRunnable(() -> begin(handler));
  }

  private void begin(
      Function<Mono<McpSchema.JSONRPCMessage>, Mono<McpSchema.JSONRPCMessage>> handler) {
    ServerParameters parameters =
        ServerParameters.builder(config.command()).args(config.args()).env(config.env()).build();
    List<String> command = new ArrayList<>();
    command.add(config.command());
    command.addAll(config.args());
    var builder = new ProcessBuilder(command);
    // The SDK's list of harmless variables plus what the person configured; no keys of ours.
    builder.environment().clear();
    builder.environment().putAll(parameters.getEnv());
    if (config.directory() != null) {
      builder.directory(new File(config.directory()));
    }
    Process started;
    try {
      started = builder.start();
    } catch (IOException e) {
      ended.complete("it cannot be started: " + e.getMessage());
      throw new McpFailure("cannot start " + config.command(), e);
    }
    process = started;
    if (closed) {
      end(started);
    }
    Thread.ofVirtual()
        .name("mcp-in-" + config.name())
        .start(() -> read(started.getInputStream(), handler));
    Thread.ofVirtual()
        .name("mcp-err-" + config.name())
        .start(() -> drain(started.getErrorStream()));
    var _ =
        started
            .onExit()
            .thenAccept(gone -> ended.complete("its process ended with code " + gone.exitValue()));
  }

  private void read(
      InputStream stream,
      Function<Mono<McpSchema.JSONRPCMessage>, Mono<McpSchema.JSONRPCMessage>> handler) {
    try (var in = new BufferedInputStream(stream)) {
      int noise = 0;
      while (true) {
        String line = line(in, maxLineBytes, false);
        if (line == null) {
          awaitEnd("it closed its output");
          return;
        }
        if (line.isBlank()) {
          continue;
        }
        McpSchema.JSONRPCMessage message;
        try {
          message = McpSchema.deserializeJsonRpcMessage(mapper, line);
        } catch (IOException | RuntimeException e) {
          log.debug("{} wrote a line that is no message", config.name());
          if (++noise > MAX_NOISE) {
            ended.complete("it writes text instead of messages: " + ToolBox.head(line, 100));
            return;
          }
          continue;
        }
        // Nobody listens to a server's log; a flood of it stops here.
        if (!(message instanceof McpSchema.JSONRPCNotification notification)
            || !notification.method().equals("notifications/message")) {
          handler
              .apply(Mono.just(message))
              .subscribe(done -> {}, e -> log.debug("a message of {} failed", config.name(), e));
        }
      }
    } catch (IOException e) {
      ended.complete(String.valueOf(e.getMessage()));
    }
  }

  /** The exit code says more than a broken stream; it comes at once if it comes. */
  private void awaitEnd(String otherwise) {
    ended.completeOnTimeout(otherwise, EXIT_CODE_MILLIS, TimeUnit.MILLISECONDS).join();
  }

  private void drain(InputStream stream) {
    try (var in = new BufferedInputStream(stream)) {
      String line = line(in, MAX_STDERR_LINE, true);
      while (line != null) {
        log.debug("{} says: {}", config.name(), line);
        line = line(in, MAX_STDERR_LINE, true);
      }
    } catch (IOException e) {
      log.debug("the error stream of {} broke", config.name(), e);
    }
  }

  private static @Nullable String line(InputStream in, int max, boolean cut) throws IOException {
    var bytes = new ByteArrayOutputStream(256);
    while (true) {
      int b = in.read();
      if (b < 0) {
        return bytes.size() == 0 ? null : bytes.toString(UTF_8);
      }
      if (b == '\n') {
        return bytes.toString(UTF_8);
      }
      if (bytes.size() < max) {
        bytes.write(b);
      } else if (!cut) {
        throw new IOException("it sent a message larger than " + max + " bytes");
      }
    }
  }

  @Override
  public Mono<Void> sendMessage(McpSchema.JSONRPCMessage message) {
    return Mono.<Void>fromRunnable(() -> write(message)).subscribeOn(Schedulers.boundedElastic());
  }

  private void write(McpSchema.JSONRPCMessage message) {
    Process now = process;
    if (now == null) {
      throw new McpFailure(config.name() + " is not started", null);
    }
    writing.lock();
    try {
      byte[] json = mapper.writeValueAsString(message).getBytes(UTF_8);
      OutputStream out = now.getOutputStream();
      out.write(json);
      out.write('\n');
      out.flush();
    } catch (IOException e) {
      awaitEnd("it closed its input");
      throw new McpFailure("cannot write to " + config.name() + ": " + e.getMessage(), e);
    } finally {
      writing.unlock();
    }
  }

  @Override
  public Mono<Void> closeGracefully() {
    return Mono.fromRunnable(this::close);
  }

  @Override
  public void close() {
    closed = true;
    Process now = process;
    if (now != null) {
      end(now);
    }
  }

  /** Asks first, then ends it and whatever it started. Never waits long. */
  private static void end(Process process) {
    List<ProcessHandle> family = process.descendants().toList();
    process.destroy();
    family.forEach(ProcessHandle::destroy);
    try {
      if (!process.waitFor(300, TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        family.forEach(ProcessHandle::destroyForcibly);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      family.forEach(ProcessHandle::destroyForcibly);
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
    return mapper.convertValue(data, type);
  }
}

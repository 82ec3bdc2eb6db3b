package dev.mneme.agent.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelException;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatReply.Finish;
import dev.mneme.agent.ChatRequest;
import dev.mneme.agent.TokenEstimate;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.ToolSpec;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A model behind any endpoint of the OpenAI chat-completions form: streamed replies, tool calls,
 * usage counts.
 *
 * <p>A failure that may pass (no connection, 408, 429, 5xx, a stream that breaks before its first
 * word) is tried again with growing waits, or with the wait the server asks for. Once a word has
 * been given out nothing is tried again, because it would be said twice.
 *
 * <p>Thread-safe. Prompt tokens are {@linkplain TokenEstimate estimated} before the request and
 * taken from the endpoint's own count afterwards.
 */
public final class OpenAiChatModel implements ChatModel {
  private static final Logger log = LoggerFactory.getLogger(OpenAiChatModel.class);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
  private static final int ERROR_BODY_BYTES = 4096;

  private final EndpointConfig config;
  private final HttpClient http;
  private final URI completions;
  private final ModelRef ref;

  public OpenAiChatModel(EndpointConfig config) {
    this.config = requireNonNull(config, "config is null");
    String base = config.baseUrl().toString().replaceAll("/+$", "");
    this.completions = URI.create(base + "/chat/completions");
    this.ref = new ModelRef(config.model(), "external:" + base);
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(config.connectTimeout())
            .version(HttpClient.Version.HTTP_1_1)
            .build();
  }

  @Override
  public ModelRef ref() {
    return ref;
  }

  @Override
  public int contextTokens() {
    return config.contextTokens();
  }

  @Override
  public int countTokens(List<Message> messages, List<ToolSpec> tools) {
    return TokenEstimate.of(messages, tools);
  }

  @Override
  public ChatReply generate(
      ChatRequest request, Consumer<String> onText, Cancellation cancellation) {
    int promptTokens = countTokens(request.messages(), request.tools());
    if (promptTokens >= config.contextTokens()) {
      throw new IllegalArgumentException(
          "the prompt has about "
              + promptTokens
              + " tokens; the context of "
              + config.model()
              + " is "
              + config.contextTokens());
    }
    String body = OpenAiWire.body(config, request);
    long start = System.nanoTime();
    for (int attempt = 1; ; attempt++) {
      var assembly = new ReplyAssembly(onText, start);
      try {
        if (cancellation.isRequested()) {
          return assembly.reply(Finish.CANCELLED, promptTokens, ref);
        }
        Finish finish = exchange(body, assembly, cancellation);
        return assembly.reply(finish, promptTokens, ref);
      } catch (Failure e) {
        boolean again =
            e.exception.retryable() && !assembly.started() && attempt < config.attempts();
        if (!again) {
          throw e.exception;
        }
        Duration wait = wait(attempt, e.retryAfter);
        log.debug("attempt {} failed, next in {} ms", attempt, wait.toMillis(), e.exception);
        sleep(wait, cancellation);
      }
    }
  }

  @Override
  public void close() {
    http.close();
  }

  /** A failed attempt and how long the server wants to be left alone. */
  private static final class Failure extends Exception {
    private static final long serialVersionUID = 1L;
    final ChatModelException exception;
    final @Nullable Duration retryAfter;

    Failure(
        String message, boolean retryable, @Nullable Throwable cause, @Nullable Duration after) {
      super(message, cause);
      this.exception = new ChatModelException(message, retryable, cause);
      this.retryAfter = after;
    }
  }

  private Finish exchange(String body, ReplyAssembly assembly, Cancellation cancellation)
      throws Failure {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(completions)
            .timeout(config.idleTimeout())
            .header("Content-Type", "application/json")
            .header("Accept", "text/event-stream, application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body, UTF_8));
    Optional<String> key = config.key().get();
    key.ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
    CompletableFuture<HttpResponse<InputStream>> sent =
        http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    HttpResponse<InputStream> response = await(sent, cancellation);
    if (response == null) {
      return Finish.CANCELLED;
    }
    try (InputStream in = response.body()) {
      if (response.statusCode() != 200) {
        throw refused(response, in);
      }
      boolean streamed =
          response.headers().firstValue("Content-Type").orElse("").contains("event-stream");
      return streamed
          ? stream(in, assembly, cancellation)
          : assembly.whole(Json.mapper().readTree(in.readNBytes(EventLines.MAX_BYTES)));
    } catch (IOException e) {
      throw new Failure("the endpoint " + completions + " broke off", true, e, null);
    } catch (JacksonException e) {
      throw new Failure(
          "the endpoint " + completions + " answered with something that is not JSON",
          false,
          e,
          null);
    }
  }

  /** The response; null when cancelled first. */
  private @Nullable HttpResponse<InputStream> await(
      CompletableFuture<HttpResponse<InputStream>> sent, Cancellation cancellation) throws Failure {
    while (true) {
      try {
        return sent.get(50, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (cancellation.isRequested()) {
          sent.cancel(true);
          return null;
        }
      } catch (ExecutionException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        throw new Failure(
            "no answer from " + completions + ": " + describe(cause), true, cause, null);
      } catch (InterruptedException e) {
        sent.cancel(true);
        Thread.currentThread().interrupt();
        throw new Failure("interrupted while waiting for " + completions, false, e, null);
      }
    }
  }

  private static String describe(Throwable cause) {
    if (cause instanceof ConnectException) {
      return "nothing can be reached there; is it running, and is the address right?";
    }
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  private Finish stream(InputStream in, ReplyAssembly assembly, Cancellation cancellation)
      throws Failure {
    try (var lines = new EventLines(in, config.idleTimeout())) {
      while (true) {
        String data = lines.next(cancellation);
        if (data == null) {
          return Finish.CANCELLED;
        }
        if (data.equals(EventLines.DONE)) {
          return assembly.finish();
        }
        JsonNode chunk = Json.mapper().readTree(data);
        JsonNode error = chunk.get("error");
        if (error != null && !error.isNull()) {
          throw new Failure(
              "the endpoint reports: " + errorMessage(error), !assembly.started(), null, null);
        }
        assembly.chunk(chunk);
        if (cancellation.isRequested()) {
          return Finish.CANCELLED;
        }
      }
    } catch (EventLines.Broken e) {
      if (assembly.finished()) {
        return assembly.finish();
      }
      throw new Failure(
          "the stream from " + completions + " broke off: " + e.getMessage(), true, e, null);
    }
  }

  private Failure refused(HttpResponse<InputStream> response, InputStream in) throws IOException {
    int status = response.statusCode();
    String text = new String(in.readNBytes(ERROR_BODY_BYTES), UTF_8);
    String why = text;
    try {
      JsonNode error = Json.mapper().readTree(text).get("error");
      why = error == null ? text : errorMessage(error);
    } catch (JacksonException e) {
      log.debug("the error body is not JSON", e);
    }
    boolean retryable = status == 408 || status == 429 || status >= 500;
    String remedy =
        switch (status) {
          case 401, 403 -> " Check the key (env:NAME).";
          case 404 -> " Check the base URL and the model name " + config.model() + ".";
          default -> "";
        };
    return new Failure(
        completions + " answered " + status + ": " + ToolBox.head(why.strip(), 300) + remedy,
        retryable,
        null,
        response.headers().firstValue("Retry-After").map(OpenAiChatModel::seconds).orElse(null));
  }

  private static String errorMessage(JsonNode error) {
    JsonNode message = error.get("message");
    return message == null ? error.toString() : message.asString("");
  }

  private static @Nullable Duration seconds(String header) {
    try {
      return Duration.ofSeconds(Long.parseLong(header.strip()));
    } catch (NumberFormatException e) {
      // The header may also hold a date; growing waits do as well.
      return null;
    }
  }

  private Duration wait(int attempt, @Nullable Duration retryAfter) {
    Duration wait =
        retryAfter != null
            ? retryAfter
            : config.backOff().multipliedBy(1L << Math.min(attempt - 1, 10));
    return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
  }

  private static void sleep(Duration wait, Cancellation cancellation) {
    long end = System.nanoTime() + wait.toNanos();
    try {
      while (!cancellation.isRequested() && System.nanoTime() < end) {
        Thread.sleep(Duration.ofNanos(Math.min(20_000_000L, Math.max(1, end - System.nanoTime()))));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ChatModelException("interrupted while waiting to try again", false, e);
    }
  }
}

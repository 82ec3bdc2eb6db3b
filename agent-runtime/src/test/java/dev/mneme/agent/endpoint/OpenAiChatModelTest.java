package dev.mneme.agent.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelContract;
import dev.mneme.agent.ChatModelException;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatReply.Finish;
import dev.mneme.agent.ChatRequest;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.data.BuiltInTools;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.data.ToolCall;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** Against a real HTTP server in this process that plays the endpoint. */
@Timeout(120)
final class OpenAiChatModelTest extends ChatModelContract {
  private interface Endpoint {
    void answer(HttpExchange exchange, JsonNode body) throws IOException;
  }

  private final List<JsonNode> bodies = new CopyOnWriteArrayList<>();
  private final List<String> authorizations = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private ExecutorService executor;
  private volatile Endpoint endpoint = OpenAiChatModelTest::words;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    executor = Executors.newVirtualThreadPerTaskExecutor();
    server.setExecutor(executor);
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          try (exchange) {
            JsonNode body = Json.mapper().readTree(exchange.getRequestBody().readAllBytes());
            bodies.add(body);
            authorizations.add(
                String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            endpoint.answer(exchange, body);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    executor.shutdownNow();
  }

  @Override
  protected ChatModel model() {
    return model(Duration.ofMinutes(1));
  }

  /**
   * @param idle after which a silent server is given up on: long, but where silence is the point
   */
  private ChatModel model(Duration idle) {
    URI base = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1/");
    return new OpenAiChatModel(
        new EndpointConfig(
            base,
            "some-model",
            () -> Optional.of("sesame"),
            2000,
            Duration.ofMinutes(1),
            idle,
            3,
            Duration.ofMillis(10),
            false));
  }

  private static void words(HttpExchange exchange, JsonNode body) throws IOException {
    List<String> words = List.of("A", " few", " words", " from", " far", " away", ".");
    int most = Math.min(words.size(), body.path("max_tokens").asInt());
    OutputStream out = events(exchange);
    for (String each : words.subList(0, most)) {
      event(out, "{\"choices\":[{\"delta\":{\"content\":\"" + each + "\"}}]}");
    }
    String reason = most < words.size() ? "length" : "stop";
    event(out, "{\"choices\":[{\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}");
    event(
        out,
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":17,\"completion_tokens\":" + most + "}}");
    event(out, "[DONE]");
  }

  private static OutputStream events(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    return exchange.getResponseBody();
  }

  private static void event(OutputStream out, String data) throws IOException {
    out.write(("data: " + data + "\n\n").getBytes(UTF_8));
    out.flush();
  }

  private static void status(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private ChatReply ask(Message... messages) {
    try (ChatModel model = model()) {
      return model.generate(
          new ChatRequest(List.of(messages), BuiltInTools.ALL, Sampling.chat(5, 50)),
          text -> {},
          new Cancellation());
    }
  }

  @Test
  void requestCarriesMessagesToolsSamplingAndKey() {
    ask(
        Message.system("Be brief."),
        Message.user("2+3?"),
        new Message(
            dev.mneme.data.Role.ASSISTANT,
            "",
            List.of(new ToolCall("c7", "calculator", Map.of("expression", "2+3"))),
            null),
        Message.tool("c7", "5"));
    JsonNode body = bodies.getFirst();
    assertThat(body.path("model").asString()).isEqualTo("some-model");
    assertThat(body.path("messages").size()).isEqualTo(4);
    JsonNode call = body.path("messages").path(2).path("tool_calls").path(0);
    assertThat(call.path("function").path("arguments").asString())
        .isEqualTo("{\"expression\":\"2+3\"}");
    assertThat(body.path("messages").path(3).path("tool_call_id").asString()).isEqualTo("c7");
    assertThat(body.path("tools").path(0).path("function").path("name").asString())
        .isEqualTo("calculator");
    assertThat(body.path("temperature").asDouble()).isEqualTo(0.7);
    assertThat(body.has("min_p")).isFalse();
    assertThat(authorizations).containsExactly("Bearer sesame");
  }

  @Test
  void usageComesFromTheEndpoint() {
    ChatReply reply = ask(Message.user("Hi"));
    assertThat(reply.latency().promptTokens()).isEqualTo(17);
    assertThat(reply.latency().replyTokens()).isEqualTo(7);
    assertThat(java.util.Objects.requireNonNull(reply.model()).sha256())
        .startsWith("external:http://127.0.0.1:");
  }

  @Test
  void toolCallsAreAssembledFromTheirPieces() {
    endpoint =
        (exchange, body) -> {
          OutputStream out = events(exchange);
          event(
              out,
              "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"x1\",\"function\":"
                  + "{\"name\":\"calculator\",\"arguments\":\"{\\\"expr\"}}]}}]}");
          event(
              out,
              "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":"
                  + "{\"arguments\":\"ession\\\": \\\"1+1\\\"}\"}}]}}]}");
          event(
              out,
              "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"x2\",\"function\":"
                  + "{\"name\":\"clock\",\"arguments\":\"{oops\"}}]}}]}");
          event(out, "{\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}");
          event(out, "[DONE]");
        };
    ChatReply reply = ask(Message.user("1+1?"));
    assertThat(reply.finish()).isEqualTo(Finish.TOOL_CALLS);
    assertThat(reply.message().toolCalls())
        .containsExactly(
            new ToolCall("x1", "calculator", Map.of("expression", "1+1")),
            new ToolCall("x2", "clock", Map.of(ToolBox.UNPARSED, "{oops")));
  }

  @Test
  void anEndpointThatDoesNotStreamIsUnderstood() {
    endpoint =
        (exchange, body) -> {
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          status(
              exchange,
              200,
              "{\"choices\":[{\"message\":{\"content\":\"Whole.\"},\"finish_reason\":\"stop\"}],"
                  + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}");
        };
    assertThat(ask(Message.user("Hi")).message().content()).isEqualTo("Whole.");
  }

  @Test
  void failuresThatMayPassAreTriedAgain() {
    endpoint =
        (exchange, body) -> {
          switch (bodies.size()) {
            case 1 -> status(exchange, 503, "busy");
            case 2 -> {
              exchange.getResponseHeaders().add("Retry-After", "0");
              status(exchange, 429, "{\"error\":{\"message\":\"slow down\"}}");
            }
            default -> words(exchange, body);
          }
        };
    assertThat(ask(Message.user("Hi")).message().content()).isEqualTo("A few words from far away.");
    assertThat(bodies).hasSize(3);
  }

  @Test
  void attemptsAreBounded() {
    endpoint = (exchange, body) -> status(exchange, 500, "broken");
    assertThatThrownBy(() -> ask(Message.user("Hi")))
        .isInstanceOfSatisfying(ChatModelException.class, e -> assertThat(e.retryable()).isTrue())
        .hasMessageContaining("500");
    assertThat(bodies).hasSize(3);
  }

  @Test
  void aRefusedKeyIsSaidWithoutTheKeyAndNotTriedAgain() {
    endpoint = (exchange, body) -> status(exchange, 401, "{\"error\":{\"message\":\"bad key\"}}");
    assertThatThrownBy(() -> ask(Message.user("Hi")))
        .isInstanceOfSatisfying(ChatModelException.class, e -> assertThat(e.retryable()).isFalse())
        .hasMessageContaining("bad key")
        .hasMessageContaining("env:NAME")
        .hasMessageNotContaining("sesame");
    assertThat(bodies).hasSize(1);
  }

  @Test
  void aStreamThatGoesSilentAfterAWordIsNotSaidTwice() {
    var givenUp = new CountDownLatch(1);
    var said = new CopyOnWriteArrayList<String>();
    var askedAgain = new AtomicBoolean();
    endpoint =
        (exchange, body) -> {
          askedAgain.compareAndSet(false, !said.isEmpty());
          OutputStream out = events(exchange);
          event(out, "{\"choices\":[{\"delta\":{\"content\":\"Half\"}}]}");
          try {
            givenUp.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    var request = new ChatRequest(List.of(Message.user("Hi")), List.of(), Sampling.chat(5, 50));
    try (ChatModel model = model(Duration.ofMillis(1500))) {
      assertThatThrownBy(() -> model.generate(request, said::add, new Cancellation()))
          .isInstanceOf(ChatModelException.class)
          .hasMessageContaining("nothing came for 1500 ms");
    } finally {
      givenUp.countDown();
    }
    assertThat(said).containsExactly("Half");
    assertThat(askedAgain).as("asked again after a word was said").isFalse();
  }

  @Test
  void aStreamThatBreaksBeforeAWordIsTriedAgain() {
    endpoint =
        (exchange, body) -> {
          if (bodies.size() == 1) {
            events(exchange);
          } else {
            words(exchange, body);
          }
        };
    assertThat(ask(Message.user("Hi")).message().content()).startsWith("A few");
  }

  @Test
  void anErrorInsideTheStreamIsReported() {
    endpoint =
        (exchange, body) -> {
          OutputStream out = events(exchange);
          event(out, "{\"error\":{\"message\":\"out of memory\"}}");
        };
    assertThatThrownBy(() -> ask(Message.user("Hi"))).hasMessageContaining("out of memory");
  }

  @Test
  void aNoncenseBodyIsReported() {
    endpoint =
        (exchange, body) -> {
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          status(exchange, 200, "<html>");
        };
    assertThatThrownBy(() -> ask(Message.user("Hi")))
        .isInstanceOf(ChatModelException.class)
        .hasMessageContaining("not JSON");
  }

  @Test
  void nobodyListeningIsSaidWithTheAddress() {
    server.stop(0);
    assertThatThrownBy(() -> ask(Message.user("Hi")))
        .isInstanceOf(ChatModelException.class)
        .hasMessageContaining("/v1/chat/completions");
  }

  @Test
  void splitEmojiAreGivenOutWhole() {
    endpoint =
        (exchange, body) -> {
          OutputStream out = events(exchange);
          event(out, "{\"choices\":[{\"delta\":{\"content\":\"a\\ud83d\"}}]}");
          event(out, "{\"choices\":[{\"delta\":{\"content\":\"\\ude00b\"}}]}");
          event(out, "[DONE]");
        };
    var pieces = new CopyOnWriteArrayList<String>();
    try (ChatModel model = model()) {
      model.generate(
          new ChatRequest(List.of(Message.user("Hi")), List.of(), Sampling.greedy(9)),
          pieces::add,
          new Cancellation());
    }
    assertThat(pieces).containsExactly("a", "😀b");
  }

  @Test
  void addressesThatCannotBeAreRefused() {
    for (String each : List.of("ftp://x/v1", "localhost:80", "http://user:secret@host/v1")) {
      assertThatThrownBy(() -> EndpointConfig.of(URI.create(each), "m", 1000, Optional::empty))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageNotContaining("secret@");
    }
  }
}

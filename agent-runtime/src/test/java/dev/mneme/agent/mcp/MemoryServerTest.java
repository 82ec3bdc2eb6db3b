package dev.mneme.agent.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.agent.Fixtures;
import dev.mneme.agent.tool.PermissionAsker;
import dev.mneme.agent.tool.Permissions;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.agent.tool.ToolContext;
import dev.mneme.agent.tool.ToolLimits;
import dev.mneme.agent.tool.ToolResult;
import dev.mneme.data.Json;
import dev.mneme.data.Scope;
import dev.mneme.data.ToolCall;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.MemoryStoreConfig;
import dev.mneme.ltm.Owner;
import dev.mneme.ltm.Selection;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The memory server through its real transports. */
@Timeout(120)
final class MemoryServerTest {
  private static final String TOKEN = "a-token-of-sixteen-or-more";
  private static final Owner OWNER = new Owner("home", "ana", "mneme");

  @TempDir Path dir;
  private MemoryStore store;
  private MemoryServer server;
  private HttpMcpHost host;
  private McpTools client;
  private ToolBox box;

  @BeforeEach
  @SuppressWarnings("MustBeClosed") // closed after each test
  void start() {
    store = MemoryStore.open(MemoryStoreConfig.at(dir.resolve("memory"), Fixtures.tickingClock()));
    server = new MemoryServer(store, OWNER, dir.resolve("graph.jsonl"), Fixtures.tickingClock());
    host = server.serveHttp(0, TOKEN);
    client =
        new McpTools(
            List.of(
                new McpServerConfig.Http(
                    "m", true, host.url(), Map.of("Authorization", "Bearer " + TOKEN))),
            McpLimits.DEFAULT);
    box =
        new ToolBox(
            client::tools,
            Permissions.inMemory(),
            (tool, call) -> PermissionAsker.Answer.ALLOW_ONCE,
            ToolLimits.DEFAULT);
  }

  @AfterEach
  void stop() {
    client.close();
    host.close();
    store.close();
  }

  private ToolResult raw(String tool, Map<String, Object> arguments) {
    return box.call(
        new ToolCall("c", "m__" + tool, arguments),
        new ToolContext(new Scope("x", "x", "x", "x"), () -> false));
  }

  private JsonNode call(String tool, Map<String, Object> arguments) {
    ToolResult result = raw(tool, arguments);
    assertThat(result).isInstanceOf(ToolResult.Ok.class);
    return Json.mapper().valueToTree(((ToolResult.Ok) result).structured());
  }

  @Test
  void whatIsAddedIsFoundCorrectedListedAndForgotten() {
    String id =
        call("memory_add", Map.of("text", "My dog is called Biscuit.")).path("id").asString();
    JsonNode found = call("memory_search", Map.of("query", "What is my dog called?"));
    assertThat(found.path("memories").path(0).path("id").asString()).isEqualTo(id);
    assertThat(call("memory_get", Map.of("id", id)).path("text").asString())
        .isEqualTo("My dog is called Biscuit.");

    String fresh =
        call("memory_update", Map.of("id", id, "text", "My dog is called Rex."))
            .path("id")
            .asString();
    JsonNode after = call("memory_search", Map.of("query", "What is my dog called?"));
    assertThat(after.path("memories").size()).isEqualTo(1);
    assertThat(after.path("memories").path(0).path("id").asString()).isEqualTo(fresh);
    assertThat(call("memory_stats", Map.of()).path("turns").asInt()).isEqualTo(1);

    assertThat(call("memory_delete", Map.of("id", fresh)).path("deleted").asBoolean()).isTrue();
    assertThat(call("memory_delete", Map.of("id", fresh)).path("deleted").asBoolean()).isFalse();
    assertThat(call("memory_list", Map.of()).path("memories").isEmpty()).isTrue();
  }

  @Test
  void listsArePaged() {
    List<String> added = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      added.add(call("memory_add", Map.of("text", "fact " + i)).path("id").asString());
    }
    List<String> listed = new ArrayList<>();
    JsonNode page = call("memory_list", Map.of("limit", 3));
    while (true) {
      page.path("memories").forEach(each -> listed.add(each.path("id").asString()));
      if (!page.has("next_cursor")) {
        break;
      }
      page = call("memory_list", Map.of("limit", 3, "cursor", page.path("next_cursor").asString()));
    }
    assertThat(listed).isEqualTo(added);
  }

  @Test
  void feedbackBecomesSignals() {
    String id = call("memory_add", Map.of("text", "Paris is in Italy.")).path("id").asString();
    call(
        "feedback_record",
        Map.of("id", id, "verdict", "bad", "why", "wrong", "better", "Paris is in France."));
    assertThat(store.signals(new Selection.One(OWNER), 0).count()).isEqualTo(2);
  }

  @Test
  void mistakesAreErrorResults() {
    for (ToolResult each :
        List.of(
            raw("memory_get", Map.of("id", "nope")),
            raw("memory_add", Map.of("text", " ")),
            raw("memory_search", Map.of("query", "x", "limit", 1000)),
            raw("memory_search", Map.of("query", "x", "from", "tomorrow")),
            raw("memory_list", Map.of("cursor", "z")),
            raw(
                "add_observations",
                Map.of(
                    "observations",
                    List.of(Map.of("entityName", "a", "contents", List.of("b"))))))) {
      assertThat(each).isInstanceOf(ToolResult.Failed.class);
    }
  }

  @Test
  void theReferenceServersToolsKeepAGraphThatTheChatRecalls() throws Exception {
    call(
        "create_entities",
        Map.of(
            "entities",
            List.of(
                Map.of(
                    "name", "Biscuit",
                    "entityType", "dog",
                    "observations", List.of("likes swimming")),
                Map.of("name", "Ana", "entityType", "person", "observations", List.of()))));
    call(
        "create_relations",
        Map.of(
            "relations", List.of(Map.of("from", "Ana", "to", "Biscuit", "relationType", "owns"))));
    call(
        "add_observations",
        Map.of(
            "observations",
            List.of(Map.of("entityName", "Biscuit", "contents", List.of("is four years old")))));
    JsonNode graph = call("read_graph", Map.of());
    assertThat(graph.path("entities").path(0).path("observations").size()).isEqualTo(2);
    assertThat(call("search_nodes", Map.of("query", "swim")).path("entities").size()).isEqualTo(1);
    assertThat(
            call("open_nodes", Map.of("names", List.of("Ana", "Biscuit"))).path("relations").size())
        .isEqualTo(1);
    assertThat(
            call("memory_search", Map.of("query", "swimming"))
                .path("memories")
                .path(0)
                .path("text")
                .asString())
        .isEqualTo("Biscuit: likes swimming");
    assertThat(Files.readAllLines(dir.resolve("graph.jsonl")))
        .contains(
            "{\"type\":\"relation\",\"from\":\"Ana\",\"to\":\"Biscuit\",\"relationType\":\"owns\"}");

    call(
        "delete_observations",
        Map.of(
            "deletions",
            List.of(Map.of("entityName", "Biscuit", "observations", List.of("likes swimming")))));
    assertThat(call("memory_search", Map.of("query", "swimming")).path("memories").isEmpty())
        .isTrue();
    call(
        "delete_relations",
        Map.of(
            "relations", List.of(Map.of("from", "Ana", "to", "Biscuit", "relationType", "owns"))));
    call("delete_entities", Map.of("entityNames", List.of("Biscuit", "nobody")));
    assertThat(call("read_graph", Map.of()).path("entities").size()).isEqualTo(1);
  }

  @Test
  void readingToolsSaySoAndSearchIsNotOpenWorld() {
    assertThat(client.tools()).hasSize(17);
    assertThat(client.tools())
        .filteredOn(each -> each.traits().readOnly())
        .extracting(each -> each.spec().name())
        .containsExactlyInAnyOrder(
            "m__memory_search",
            "m__memory_get",
            "m__memory_list",
            "m__memory_stats",
            "m__read_graph",
            "m__search_nodes",
            "m__open_nodes");
    assertThat(client.tools()).noneMatch(each -> each.traits().openWorld());
  }

  private int status(String... headers) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(host.url())
              .header("Content-Type", "application/json")
              .header("Accept", "application/json, text/event-stream")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
                          + "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                          + "\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}"));
      for (int i = 0; i < headers.length; i += 2) {
        request.header(headers[i], headers[i + 1]);
      }
      return http.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode();
    }
  }

  @Test
  void withoutTheTokenOrFromAWebPageNobodyGetsIn() throws Exception {
    assertThat(status()).isEqualTo(401);
    assertThat(status("Authorization", "Bearer wrong-token-of-that-length")).isEqualTo(401);
    assertThat(status("Authorization", "Bearer " + TOKEN)).isEqualTo(200);
    assertThat(status("Authorization", "Bearer " + TOKEN, "Origin", "https://evil.example"))
        .isEqualTo(403);
    assertThatThrownBy(() -> server.serveHttp(0, "short"))
        .isInstanceOf(IllegalArgumentException.class);
    URI url = host.url();
    assertThatThrownBy(() -> server.serveHttp(url.getPort(), TOKEN))
        .isInstanceOf(McpFailure.class)
        .hasMessageContaining("choose another port");
  }

  /** The wire itself, so that an SDK upgrade that changes it shows. */
  @Test
  void theStdioTranscriptIsAsRecorded() throws Exception {
    var toServer = new PipedOutputStream();
    var serverIn = new PipedInputStream(toServer, 1 << 16);
    var fromServer = new PipedInputStream(1 << 20);
    var serverOut = new PipedOutputStream(fromServer);
    Thread serving =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    server.serveStdio(serverIn, serverOut);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    var replies = new BufferedReader(new InputStreamReader(fromServer, UTF_8));
    send(
        toServer,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
            + "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}");
    JsonNode initialized = Json.mapper().readTree(replies.readLine());
    assertThat(initialized.path("result").path("protocolVersion").asString())
        .isEqualTo("2025-11-25");
    assertThat(initialized.path("result").path("serverInfo").path("name").asString())
        .isEqualTo("mneme");
    send(toServer, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
    send(
        toServer,
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":"
            + "\"memory_stats\",\"arguments\":{}}}");
    assertThat(replies.readLine())
        .isEqualTo(
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":[{\"type\":\"text\",\"text\":"
                + "\"{\\\"sessions\\\":0,\\\"turns\\\":0}\"}],\"isError\":false,"
                + "\"structuredContent\":{\"sessions\":0,\"turns\":0}}}");
    toServer.close();
    serving.join(60_000);
    assertThat(serving.isAlive()).isFalse();
  }

  private static void send(PipedOutputStream out, String line) throws Exception {
    out.write((line + "\n").getBytes(UTF_8));
    out.flush();
  }
}

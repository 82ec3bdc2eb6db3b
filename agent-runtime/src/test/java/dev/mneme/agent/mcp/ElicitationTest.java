package dev.mneme.agent.mcp;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server of ours asks the person behind the client: over the transport that serves memory. */
@Timeout(120)
final class ElicitationTest {
  private final List<McpSchema.ElicitRequest> asked = new ArrayList<>();

  private String call(String tool, Map<String, Object> arguments, Map<String, Object> answer) {
    try (HttpMcpHost host = ConformanceServer.start(0);
        McpSyncClient client =
            McpClient.sync(
                    HttpClientStreamableHttpTransport.builder(
                            "http://127.0.0.1:" + host.url().getPort())
                        .jsonMapper(McpJson.mapper())
                        .build())
                .capabilities(McpSchema.ClientCapabilities.builder().elicitation().build())
                .elicitation(
                    request -> {
                      asked.add(request);
                      return McpSchema.ElicitResult.builder(McpSchema.ElicitResult.Action.ACCEPT)
                          .content(answer)
                          .build();
                    })
                .build()) {
      client.initialize();
      var result =
          client.callTool(McpSchema.CallToolRequest.builder(tool).arguments(arguments).build());
      assertThat(result.isError()).isNotEqualTo(true);
      return ((McpSchema.TextContent) result.content().getFirst()).text();
    }
  }

  private Map<String, Object> property(String name) {
    McpSchema.ElicitFormRequest form = (McpSchema.ElicitFormRequest) asked.getFirst();
    @SuppressWarnings("unchecked") // a JSON object
    var properties = (Map<String, Map<String, Object>>) form.requestedSchema().get("properties");
    return requireNonNull(requireNonNull(properties).get(name));
  }

  @Test
  void aToolMayAskAndReceivesTheAnswer() {
    String text =
        call(
            "test_elicitation",
            Map.of("message", "Who are you?"),
            Map.of("username", "ana", "email", "ana@example.org"));
    assertThat(text).contains("action=ACCEPT", "username=ana", "email=ana@example.org");
    assertThat(asked.getFirst().message()).isEqualTo("Who are you?");
  }

  @Test
  void defaultsReachTheClient() {
    call("test_elicitation_sep1034_defaults", Map.of(), Map.of());
    assertThat(property("name")).containsEntry("default", "John Doe");
    assertThat(property("age")).containsEntry("default", 30);
    assertThat(property("score")).containsEntry("default", 95.5);
    assertThat(property("status")).containsEntry("default", "active");
    assertThat(property("verified")).containsEntry("default", true);
  }

  @Test
  void choicesReachTheClientInAllFiveForms() {
    call("test_elicitation_sep1330_enums", Map.of(), Map.of());
    assertThat(property("untitledSingle")).containsKey("enum");
    assertThat(property("titledSingle")).containsKey("oneOf");
    assertThat(property("legacyEnum")).containsKey("enumNames");
    assertThat(property("untitledMulti").toString()).contains("option3");
    assertThat(property("titledMulti").toString()).contains("anyOf", "Third Choice");
  }
}

package dev.mneme.agent.mcp;

import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncCompletionSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncPromptSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncResourceSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncResourceTemplateSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The fixture that the public conformance suite wants, on the very transport set-up that serves the
 * memory. Started by hand once per release; see docs/mcp-conformance.md.
 */
public final class ConformanceServer {
  private static final String PNG =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
  private static final String WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQAAAAA=";
  private static final String NO_ARGUMENTS = "{\"type\":\"object\",\"properties\":{}}";

  private ConformanceServer() {}

  public static void main(String[] args) throws InterruptedException {
    try (HttpMcpHost host = start(Integer.parseInt(args[0]))) {
      System.out.println(host.url());
      host.join();
    }
  }

  /** Serves on a port of this machine; 0 chooses one. The caller closes. */
  static HttpMcpHost start(int port) {
    return HttpMcpHost.startOpen(
        port,
        transport ->
            McpServer.sync(transport)
                .serverInfo("mneme-conformance", "0.1")
                .capabilities(
                    McpSchema.ServerCapabilities.builder()
                        .tools(true)
                        .resources(true, true)
                        .prompts(true)
                        .logging()
                        .completions()
                        .build())
                .tools(tools())
                .resources(resources())
                .resourceTemplates(List.of(template()))
                .prompts(prompts())
                .completions(completion())
                .build());
  }

  private interface Handler
      extends BiFunction<
          McpSyncServerExchange, McpSchema.CallToolRequest, McpSchema.CallToolResult> {}

  private static List<SyncToolSpecification> tools() {
    List<SyncToolSpecification> tools = new ArrayList<>();
    tools.add(
        fixed(
            "test_simple_text",
            "{\"type\":\"text\",\"text\":\"This is a simple text response for testing.\"}"));
    tools.add(
        fixed(
            "test_image_content",
            "{\"type\":\"image\",\"data\":\"" + PNG + "\",\"mimeType\":\"image/png\"}"));
    tools.add(
        fixed(
            "test_audio_content",
            "{\"type\":\"audio\",\"data\":\"" + WAV + "\",\"mimeType\":\"audio/wav\"}"));
    tools.add(
        fixed(
            "test_embedded_resource",
            "{\"type\":\"resource\",\"resource\":{\"uri\":\"test://embedded-resource\",\"mimeType\":\"text/plain\",\"text\":\"This"
                + " is an embedded resource content.\"}}"));
    tools.add(
        fixed(
            "test_multiple_content_types",
            "{\"type\":\"text\",\"text\":\"Multiple content types test:\"},"
                + "{\"type\":\"image\",\"data\":\""
                + PNG
                + "\",\"mimeType\":\"image/png\"},"
                + "{\"type\":\"resource\",\"resource\":{\"uri\":\"test://mixed-content-resource\","
                + "\"mimeType\":\"application/json\",\"text\":\"{\\\"test\\\":\\\"data\\\","
                + "\\\"value\\\":123}\"}}"));
    tools.add(
        tool(
            "test_tool_with_logging",
            NO_ARGUMENTS,
            (exchange, request) -> {
              for (String each :
                  List.of(
                      "Tool execution started",
                      "Tool processing data",
                      "Tool execution completed")) {
                exchange.loggingNotification(
                    McpSchema.LoggingMessageNotification.builder(McpSchema.LoggingLevel.INFO, each)
                        .build());
                pause();
              }
              return text("Tool with logging executed");
            }));
    tools.add(
        tool(
            "test_error_handling",
            NO_ARGUMENTS,
            (exchange, request) ->
                McpSchema.CallToolResult.builder()
                    .addTextContent("This tool intentionally returns an error for testing")
                    .isError(true)
                    .build()));
    tools.add(
        tool(
            "test_tool_with_progress",
            NO_ARGUMENTS,
            (exchange, request) -> {
              Object token = request.meta() == null ? null : request.meta().get("progressToken");
              for (int progress : new int[] {0, 50, 100}) {
                if (token != null) {
                  exchange.progressNotification(
                      McpSchema.ProgressNotification.builder(token, progress).total(100.0).build());
                }
                pause();
              }
              return text("Tool with progress executed");
            }));
    tools.add(
        tool(
            "test_sampling",
            "{\"type\":\"object\",\"properties\":{\"prompt\":{\"type\":\"string\"}},"
                + "\"required\":[\"prompt\"]}",
            (exchange, request) -> {
              var asked =
                  read(
                      "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":"
                          + quoted(request.arguments().get("prompt"))
                          + "}}],\"maxTokens\":100}",
                      McpSchema.CreateMessageRequest.class);
              McpSchema.CreateMessageResult result = exchange.createMessage(asked);
              String answer =
                  result.content() instanceof McpSchema.TextContent content
                      ? content.text()
                      : String.valueOf(result.content());
              return text("LLM response: " + answer);
            }));
    tools.add(
        tool(
            "test_elicitation",
            "{\"type\":\"object\",\"properties\":{\"message\":{\"type\":\"string\"}},"
                + "\"required\":[\"message\"]}",
            (exchange, request) -> {
              McpSchema.ElicitResult result =
                  elicit(
                      exchange,
                      quoted(request.arguments().get("message")),
                      "{\"username\":{\"type\":\"string\",\"description\":\"User's response\"},"
                          + "\"email\":{\"type\":\"string\",\"description\":\"User's email"
                          + " address\"}}",
                      "[\"username\",\"email\"]");
              return text(
                  "User response: action=" + result.action() + ", content=" + result.content());
            }));
    tools.add(
        eliciting(
            "test_elicitation_sep1034_defaults",
            "{\"name\":{\"type\":\"string\",\"default\":\"John Doe\"},"
                + "\"age\":{\"type\":\"integer\",\"default\":30},"
                + "\"score\":{\"type\":\"number\",\"default\":95.5},"
                + "\"status\":{\"type\":\"string\",\"enum\":[\"active\",\"inactive\",\"pending\"],"
                + "\"default\":\"active\"},"
                + "\"verified\":{\"type\":\"boolean\",\"default\":true}}"));
    tools.add(
        eliciting(
            "test_elicitation_sep1330_enums",
            "{\"untitledSingle\":{\"type\":\"string\",\"enum\":[\"option1\",\"option2\",\"option3\"]},"
                + "\"titledSingle\":{\"type\":\"string\",\"oneOf\":[{\"const\":\"value1\",\"title\":\"First"
                + " Option\"},{\"const\":\"value2\",\"title\":\"Second"
                + " Option\"},{\"const\":\"value3\",\"title\":\"Third Option\"}]},"
                + "\"legacyEnum\":{\"type\":\"string\",\"enum\":[\"opt1\",\"opt2\",\"opt3\"],\"enumNames\":[\"Option"
                + " One\",\"Option Two\",\"Option Three\"]},"
                + "\"untitledMulti\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":["
                + "\"option1\",\"option2\",\"option3\"]}},"
                + "\"titledMulti\":{\"type\":\"array\",\"items\":{\"anyOf\":[{\"const\":\"value1\",\"title\":\"First"
                + " Choice\"},{\"const\":\"value2\",\"title\":\"Second"
                + " Choice\"},{\"const\":\"value3\",\"title\":\"Third Choice\"}]}}}"));
    tools.add(
        tool(
            "json_schema_2020_12_tool",
            "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
                + "\"$defs\":{\"address\":{\"type\":\"object\",\"properties\":{\"street\":{\"type\":"
                + "\"string\"},\"city\":{\"type\":\"string\"}}}},\"properties\":{\"name\":{\"type\":"
                + "\"string\"},\"address\":{\"$ref\":\"#/$defs/address\"}},"
                + "\"additionalProperties\":false}",
            (exchange, request) -> text("ok")));
    return tools;
  }

  private static SyncToolSpecification eliciting(String name, String properties) {
    return tool(
        name,
        NO_ARGUMENTS,
        (exchange, request) -> {
          McpSchema.ElicitResult result = elicit(exchange, "\"Please choose\"", properties, "[]");
          return text(
              "Elicitation completed: action=" + result.action() + ", content=" + result.content());
        });
  }

  private static McpSchema.ElicitResult elicit(
      McpSyncServerExchange exchange, String message, String properties, String required) {
    return exchange.createElicitation(
        read(
            "{\"mode\":\"form\",\"message\":"
                + message
                + ",\"requestedSchema\":{\"type\":\"object\",\"properties\":"
                + properties
                + ",\"required\":"
                + required
                + "}}",
            McpSchema.ElicitFormRequest.class));
  }

  private static SyncToolSpecification fixed(String name, String contents) {
    return tool(
        name,
        NO_ARGUMENTS,
        (exchange, request) ->
            read(
                "{\"content\":[" + contents + "],\"isError\":false}",
                McpSchema.CallToolResult.class));
  }

  private static SyncToolSpecification tool(String name, String schema, Handler handler) {
    return SyncToolSpecification.builder()
        .tool(
            McpSchema.Tool.builder(name, McpJson.mapper(), schema)
                .description("Fixture " + name)
                .build())
        .callHandler(handler)
        .build();
  }

  private static McpSchema.CallToolResult text(String text) {
    return McpSchema.CallToolResult.builder().addTextContent(text).isError(false).build();
  }

  private static List<SyncResourceSpecification> resources() {
    return List.of(
        resource(
            "test://static-text",
            "text/plain",
            "\"text\":\"This is the content of the static text resource.\""),
        resource("test://static-binary", "image/png", "\"blob\":\"" + PNG + "\""),
        resource("test://watched-resource", "text/plain", "\"text\":\"Watched.\""));
  }

  private static SyncResourceSpecification resource(String uri, String mime, String content) {
    return new SyncResourceSpecification(
        read(
            "{\"uri\":\"" + uri + "\",\"name\":\"" + uri + "\",\"mimeType\":\"" + mime + "\"}",
            McpSchema.Resource.class),
        (exchange, request) -> contents(uri, mime, content));
  }

  private static McpSchema.ReadResourceResult contents(String uri, String mime, String content) {
    return read(
        "{\"contents\":[{\"uri\":\"" + uri + "\",\"mimeType\":\"" + mime + "\"," + content + "}]}",
        McpSchema.ReadResourceResult.class);
  }

  private static SyncResourceTemplateSpecification template() {
    return new SyncResourceTemplateSpecification(
        read(
            "{\"uriTemplate\":\"test://template/{id}/data\",\"name\":\"template\",\"mimeType\":"
                + "\"application/json\"}",
            McpSchema.ResourceTemplate.class),
        (exchange, request) -> {
          String id = request.uri().replaceAll("^test://template/(.*)/data$", "$1");
          String json =
              "{\"id\":\"" + id + "\",\"templateTest\":true,\"data\":\"Data for ID: " + id + "\"}";
          return contents(request.uri(), "application/json", "\"text\":" + quoted(json));
        });
  }

  private static List<SyncPromptSpecification> prompts() {
    String image = "{\"type\":\"image\",\"data\":\"" + PNG + "\",\"mimeType\":\"image/png\"}";
    return List.of(
        prompt(
            "test_simple_prompt",
            "[]",
            arguments ->
                message("{\"type\":\"text\",\"text\":\"This is a simple prompt for testing.\"}")),
        prompt(
            "test_prompt_with_arguments",
            "[{\"name\":\"arg1\",\"description\":\"one\",\"required\":true},"
                + "{\"name\":\"arg2\",\"description\":\"two\",\"required\":true}]",
            arguments ->
                message(
                    "{\"type\":\"text\",\"text\":"
                        + quoted(
                            "Prompt with arguments: arg1='"
                                + arguments.get("arg1")
                                + "', arg2='"
                                + arguments.get("arg2")
                                + "'")
                        + "}")),
        prompt(
            "test_prompt_with_embedded_resource",
            "[{\"name\":\"resourceUri\",\"description\":\"uri\",\"required\":true}]",
            arguments ->
                message(
                        "{\"type\":\"resource\",\"resource\":{\"uri\":"
                            + quoted(arguments.get("resourceUri"))
                            + ",\"mimeType\":\"text/plain\",\"text\":"
                            + "\"Embedded resource content for testing.\"}}")
                    + ","
                    + message(
                        "{\"type\":\"text\",\"text\":\"Please process the embedded resource"
                            + " above.\"}")),
        prompt(
            "test_prompt_with_image",
            "[]",
            arguments ->
                message(image)
                    + ","
                    + message("{\"type\":\"text\",\"text\":\"Please analyze the image above.\"}")));
  }

  private interface Messages {
    String of(Map<String, Object> arguments);
  }

  private static String message(String content) {
    return "{\"role\":\"user\",\"content\":" + content + "}";
  }

  private static SyncPromptSpecification prompt(String name, String arguments, Messages messages) {
    return new SyncPromptSpecification(
        read(
            "{\"name\":\""
                + name
                + "\",\"description\":\"Fixture\",\"arguments\":"
                + arguments
                + "}",
            McpSchema.Prompt.class),
        (exchange, request) ->
            read(
                "{\"messages\":["
                    + messages.of(request.arguments() == null ? Map.of() : request.arguments())
                    + "]}",
                McpSchema.GetPromptResult.class));
  }

  private static SyncCompletionSpecification completion() {
    return new SyncCompletionSpecification(
        new McpSchema.PromptReference("test_prompt_with_arguments"),
        (exchange, request) ->
            read(
                "{\"completion\":{\"values\":[\"paris\",\"park\",\"party\"],\"total\":150,"
                    + "\"hasMore\":false}}",
                McpSchema.CompleteResult.class));
  }

  private static String quoted(@Nullable Object text) {
    return dev.mneme.data.Json.mapper().writeValueAsString(String.valueOf(text));
  }

  private static <T> T read(String json, Class<T> type) {
    try {
      return McpJson.mapper().readValue(json, type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

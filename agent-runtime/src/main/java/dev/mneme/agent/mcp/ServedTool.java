package dev.mneme.agent.mcp;

import dev.mneme.agent.AgentMemoryException;
import dev.mneme.agent.tool.ToolTraits;
import dev.mneme.data.Json;
import dev.mneme.ltm.MemoryStoreException;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.spec.McpSchema;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A tool this installation offers to other agents.
 *
 * @param name what they call it
 * @param title for people
 * @param description for models
 * @param traits its annotations
 * @param input JSON schema of its arguments
 * @param output JSON schema of its structured result
 * @param body does it; thrown exceptions become error results
 */
record ServedTool(
    String name,
    String title,
    String description,
    ToolTraits traits,
    Map<String, Object> input,
    Map<String, Object> output,
    Body body) {
  private static final Logger log = LoggerFactory.getLogger(ServedTool.class);

  /** What a tool does with its arguments. */
  @FunctionalInterface
  interface Body {
    Map<String, Object> call(Arguments arguments);
  }

  SyncToolSpecification specification() {
    McpSchema.Tool tool =
        McpSchema.Tool.builder(name, input)
            .title(title)
            .description(description)
            .outputSchema(output)
            .annotations(
                McpSchema.ToolAnnotations.builder()
                    .title(title)
                    .readOnlyHint(traits.readOnly())
                    .destructiveHint(traits.destructive())
                    .idempotentHint(traits.idempotent())
                    .openWorldHint(traits.openWorld())
                    .build())
            .build();
    return SyncToolSpecification.builder()
        .tool(tool)
        .callHandler((exchange, request) -> call(request))
        .build();
  }

  private McpSchema.CallToolResult call(McpSchema.CallToolRequest request) {
    try {
      Map<String, Object> given = request.arguments() == null ? Map.of() : request.arguments();
      Map<String, Object> result = body.call(new Arguments(given));
      return McpSchema.CallToolResult.builder()
          .addTextContent(Json.mapper().writeValueAsString(result))
          .structuredContent(result)
          .isError(false)
          .build();
    } catch (IllegalArgumentException
        | MemoryStoreException
        | AgentMemoryException
        | UncheckedIOException e) {
      log.debug("{} failed", name, e);
      return McpSchema.CallToolResult.builder()
          .addTextContent(String.valueOf(e.getMessage()))
          .isError(true)
          .build();
    }
  }

  // Schemas in the few forms these tools need.

  static Map<String, Object> object(Map<String, Object> properties, String... required) {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "object");
    schema.put("properties", properties);
    schema.put("required", List.of(required));
    return schema;
  }

  static Map<String, Object> properties(Object... namesAndSchemas) {
    Map<String, Object> properties = new LinkedHashMap<>();
    for (int i = 0; i < namesAndSchemas.length; i += 2) {
      properties.put((String) namesAndSchemas[i], namesAndSchemas[i + 1]);
    }
    return properties;
  }

  static Map<String, Object> type(String type, String description) {
    return Map.of("type", type, "description", description);
  }

  static Map<String, Object> array(Map<String, Object> items, String description) {
    return Map.of("type", "array", "items", items, "description", description);
  }
}

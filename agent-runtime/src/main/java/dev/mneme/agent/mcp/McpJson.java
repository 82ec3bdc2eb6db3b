package dev.mneme.agent.mcp;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.modelcontextprotocol.json.McpJsonMapper;
import io.modelcontextprotocol.json.jackson3.JacksonMcpJsonMapper;
import io.modelcontextprotocol.spec.McpSchema;
import tools.jackson.databind.json.JsonMapper;

/**
 * The one JSON mapper of everything that speaks the protocol.
 *
 * <p>It differs from the SDK's in one thing. The SDK 2.1.0 declares {@code mode} of an elicitation
 * request both as a property and as the id of its type, which Jackson 3.2 refuses to write; here
 * the property is the id.
 */
final class McpJson {
  private static final McpJsonMapper MAPPER =
      new JacksonMcpJsonMapper(
          JsonMapper.builder()
              .addMixIn(McpSchema.ElicitRequest.class, ModeIsTheType.class)
              .build());

  private McpJson() {}

  static McpJsonMapper mapper() {
    return MAPPER;
  }

  @JsonTypeInfo(
      use = JsonTypeInfo.Id.NAME,
      include = JsonTypeInfo.As.EXISTING_PROPERTY,
      property = "mode",
      defaultImpl = McpSchema.ElicitFormRequest.class)
  private interface ModeIsTheType {}
}

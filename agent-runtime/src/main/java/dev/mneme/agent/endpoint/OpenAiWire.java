package dev.mneme.agent.endpoint;

import dev.mneme.agent.ChatRequest;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Sampling;
import dev.mneme.data.ToolCall;
import dev.mneme.data.ToolSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A request as the chat-completions form writes it. */
final class OpenAiWire {
  private OpenAiWire() {}

  static String body(EndpointConfig config, ChatRequest request) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("model", config.model());
    body.put("messages", request.messages().stream().map(OpenAiWire::message).toList());
    if (!request.tools().isEmpty()) {
      body.put("tools", request.tools().stream().map(OpenAiWire::tool).toList());
    }
    Sampling sampling = request.sampling();
    body.put("temperature", sampling.temperature());
    body.put("top_p", sampling.topP());
    body.put("max_tokens", sampling.maxTokens());
    // Endpoints read the seed as a 32-bit or a double: keep what both can hold, without a sign.
    body.put("seed", (int) (sampling.seed() ^ (sampling.seed() >>> 32)) & Integer.MAX_VALUE);
    if (!sampling.stop().isEmpty()) {
      body.put("stop", sampling.stop());
    }
    if (config.extendedSampling()) {
      body.put("top_k", sampling.topK());
      body.put("min_p", sampling.minP());
      body.put("repetition_penalty", sampling.repetitionPenalty());
    }
    body.put("stream", true);
    body.put("stream_options", Map.of("include_usage", true));
    return Json.mapper().writeValueAsString(body);
  }

  private static Map<String, Object> message(Message message) {
    Map<String, Object> wire = new LinkedHashMap<>();
    wire.put("role", message.role().wireName());
    wire.put("content", message.content());
    if (!message.toolCalls().isEmpty()) {
      List<Object> calls = new ArrayList<>();
      for (ToolCall each : message.toolCalls()) {
        calls.add(
            Map.of(
                "id",
                each.id(),
                "type",
                "function",
                "function",
                Map.of(
                    "name",
                    each.name(),
                    "arguments",
                    Json.mapper().writeValueAsString(each.arguments()))));
      }
      wire.put("tool_calls", calls);
    }
    if (message.role() == Role.TOOL && message.toolCallId() != null) {
      wire.put("tool_call_id", message.toolCallId());
    }
    return wire;
  }

  private static Map<String, Object> tool(ToolSpec tool) {
    Map<String, Object> function = new LinkedHashMap<>();
    function.put("name", tool.name());
    function.put("description", tool.description());
    function.put("parameters", tool.inputSchema());
    return Map.of("type", "function", "function", function);
  }
}

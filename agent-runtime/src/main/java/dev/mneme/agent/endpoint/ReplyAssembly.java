package dev.mneme.agent.endpoint;

import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatReply.Finish;
import dev.mneme.agent.TokenEstimate;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.data.Json;
import dev.mneme.data.Latency;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Role;
import dev.mneme.data.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;

/** Puts a streamed reply together. One thread at a time. */
final class ReplyAssembly {
  private static final class Call {
    String id = "";
    final StringBuilder name = new StringBuilder();
    final StringBuilder arguments = new StringBuilder();
  }

  private final Consumer<String> onText;
  private final long start;
  private final StringBuilder text = new StringBuilder();
  private final Map<Integer, Call> calls = new TreeMap<>();
  private String held = "";
  private double firstMillis;
  private @Nullable Finish finish;
  private int promptTokens = -1;
  private int cachedTokens;
  private int replyTokens = -1;

  ReplyAssembly(Consumer<String> onText, long start) {
    this.onText = onText;
    this.start = start;
  }

  boolean started() {
    return firstMillis > 0;
  }

  boolean finished() {
    return finish != null;
  }

  Finish finish() {
    return finish != null ? finish : calls.isEmpty() ? Finish.STOP : Finish.TOOL_CALLS;
  }

  void chunk(JsonNode chunk) {
    usage(chunk.get("usage"));
    JsonNode choice = chunk.path("choices").path(0);
    take(choice.path("delta"));
    ended(choice.path("finish_reason").asString(""));
  }

  /** A reply that came in one piece, from an endpoint that does not stream. */
  Finish whole(JsonNode body) {
    usage(body.get("usage"));
    JsonNode choice = body.path("choices").path(0);
    take(choice.path("message"));
    ended(choice.path("finish_reason").asString(""));
    return finish();
  }

  private void take(JsonNode delta) {
    JsonNode content = delta.get("content");
    if (content != null && content.isString()) {
      piece(content.asString());
    }
    int position = 0;
    for (JsonNode each : delta.path("tool_calls")) {
      int index = each.path("index").asInt(position++);
      Call call = calls.computeIfAbsent(index, i -> new Call());
      if (each.hasNonNull("id")) {
        call.id = each.get("id").asString();
      }
      call.name.append(each.path("function").path("name").asString(""));
      JsonNode arguments = each.path("function").path("arguments");
      call.arguments.append(arguments.isObject() ? arguments.toString() : arguments.asString(""));
    }
  }

  /** Gives out text, never half of a surrogate pair. */
  private void piece(String more) {
    String all = held + more;
    boolean half = !all.isEmpty() && Character.isHighSurrogate(all.charAt(all.length() - 1));
    String ready = half ? all.substring(0, all.length() - 1) : all;
    held = half ? all.substring(all.length() - 1) : "";
    if (!ready.isEmpty()) {
      if (firstMillis == 0) {
        firstMillis = millis();
      }
      text.append(ready);
      onText.accept(ready);
    }
  }

  private void ended(String reason) {
    switch (reason) {
      case "" -> {}
      case "length" -> finish = Finish.LENGTH;
      case "tool_calls", "function_call" -> finish = Finish.TOOL_CALLS;
      default -> finish = calls.isEmpty() ? Finish.STOP : Finish.TOOL_CALLS;
    }
  }

  private void usage(@Nullable JsonNode usage) {
    if (usage != null && usage.isObject()) {
      promptTokens = usage.path("prompt_tokens").asInt(-1);
      replyTokens = usage.path("completion_tokens").asInt(-1);
      cachedTokens = usage.path("prompt_tokens_details").path("cached_tokens").asInt(0);
    }
  }

  ChatReply reply(Finish how, int estimatedPrompt, ModelRef model) {
    List<ToolCall> toolCalls = how == Finish.CANCELLED ? List.of() : toolCalls();
    var message = new Message(Role.ASSISTANT, text.toString(), toolCalls, null);
    var latency =
        new Latency(
            promptTokens >= 0 ? promptTokens : estimatedPrompt,
            cachedTokens,
            replyTokens >= 0 ? replyTokens : TokenEstimate.of(text.toString()),
            firstMillis,
            millis());
    return new ChatReply(message, how, latency, model);
  }

  private List<ToolCall> toolCalls() {
    List<ToolCall> parsed = new ArrayList<>();
    calls.forEach(
        (index, call) ->
            parsed.add(
                new ToolCall(
                    call.id.isEmpty() ? "call_" + index : call.id,
                    call.name.toString(),
                    arguments(call.arguments.toString()))));
    return parsed;
  }

  private static Map<String, Object> arguments(String json) {
    if (json.isBlank()) {
      return Map.of();
    }
    try {
      Map<String, Object> map =
          Json.mapper().readValue(json, new TypeReference<Map<String, Object>>() {});
      return map == null ? Map.of(ToolBox.UNPARSED, json) : map;
    } catch (JacksonException e) {
      return Map.of(ToolBox.UNPARSED, json);
    }
  }

  private double millis() {
    return (System.nanoTime() - start) / 1e6;
  }
}

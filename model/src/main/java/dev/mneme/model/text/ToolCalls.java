package dev.mneme.model.text;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Json;
import dev.mneme.data.ToolCall;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;

/**
 * Finds tool calls in generated text: {@code <tool_call>{"name": ..., "arguments":
 * {...}}</tool_call>}, as our template and those of Qwen and Hermes write them, or a reply that is
 * nothing but such an object, as Llama 3 writes it.
 *
 * <p>Whatever a model writes is a value here, never an exception. Stateless and thread-safe.
 */
public final class ToolCalls {
  private static final TypeReference<LinkedHashMap<String, Object>> OBJECT =
      new TypeReference<>() {};

  private ToolCalls() {}

  /**
   * A reply taken apart.
   *
   * @param content the text outside the calls
   * @param calls the calls that are well formed, in order
   * @param malformed what stood in call markers but is no call
   */
  public record Parsed(String content, List<ToolCall> calls, List<Malformed> malformed) {
    public Parsed {
      requireNonNull(content, "content is null");
      calls = List.copyOf(calls);
      malformed = List.copyOf(malformed);
    }
  }

  /**
   * A call that cannot be made.
   *
   * @param text what the model wrote between the markers
   * @param reason why it is no call, in words that can be shown to the model
   */
  public record Malformed(String text, String reason) {
    public Malformed {
      requireNonNull(text, "text is null");
      requireNonNull(reason, "reason is null");
    }
  }

  /**
   * Takes a reply apart.
   *
   * @param reply the generated text
   * @param earlierCalls how many calls the conversation has so far; ids go on from there
   */
  public static Parsed parse(String reply, int earlierCalls) {
    var content = new StringBuilder();
    var calls = new ArrayList<ToolCall>();
    var malformed = new ArrayList<Malformed>();
    int at = 0;
    while (true) {
      int open = reply.indexOf(BpeTrainer.TOOL_CALL_OPEN, at);
      if (open < 0) {
        content.append(reply, at, reply.length());
        break;
      }
      content.append(reply, at, open);
      int from = open + BpeTrainer.TOOL_CALL_OPEN.length();
      int close = reply.indexOf(BpeTrainer.TOOL_CALL_CLOSE, from);
      // A model stopped by its token limit, or one that forgets, leaves the last call open.
      String inside = reply.substring(from, close < 0 ? reply.length() : close).strip();
      add(inside, earlierCalls + calls.size() + 1, calls, malformed);
      if (close < 0) {
        break;
      }
      at = close + BpeTrainer.TOOL_CALL_CLOSE.length();
    }
    String text = content.toString();
    if (calls.isEmpty() && malformed.isEmpty() && looksLikeBareCall(text)) {
      add(text.strip(), earlierCalls + 1, calls, new ArrayList<>());
      if (!calls.isEmpty()) {
        text = "";
      }
    }
    return new Parsed(calls.isEmpty() ? text : text.strip(), calls, malformed);
  }

  private static boolean looksLikeBareCall(String text) {
    String stripped = text.strip();
    return stripped.startsWith("{")
        && stripped.endsWith("}")
        && stripped.contains("\"name\"")
        && (stripped.contains("\"arguments\"") || stripped.contains("\"parameters\""));
  }

  private static void add(
      String json, int number, List<ToolCall> calls, List<Malformed> malformed) {
    Map<String, Object> object;
    try {
      object = Json.mapper().readValue(json, OBJECT);
    } catch (JacksonException e) {
      malformed.add(new Malformed(json, "not JSON: " + e.getOriginalMessage()));
      return;
    }
    if (object == null || !(object.get("name") instanceof String name) || name.isBlank()) {
      malformed.add(new Malformed(json, "no \"name\" of a tool"));
      return;
    }
    Object given =
        object.containsKey("arguments") ? object.get("arguments") : object.get("parameters");
    Map<String, Object> arguments = arguments(given);
    if (arguments == null) {
      malformed.add(new Malformed(json, "\"arguments\" is not a JSON object"));
      return;
    }
    calls.add(new ToolCall("call_" + number, name, arguments));
  }

  /** The arguments as an object; some models write them as a string of JSON. */
  private static @Nullable Map<String, Object> arguments(@Nullable Object given) {
    var arguments = new LinkedHashMap<String, Object>();
    switch (given) {
      case null -> {
        return arguments;
      }
      case Map<?, ?> map -> map.forEach((key, value) -> arguments.put(String.valueOf(key), value));
      case String text -> {
        try {
          arguments.putAll(Json.mapper().readValue(text, OBJECT));
        } catch (JacksonException e) {
          return null;
        }
      }
      default -> {
        return null;
      }
    }
    return arguments;
  }
}

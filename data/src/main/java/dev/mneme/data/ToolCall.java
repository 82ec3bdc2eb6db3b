package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A call the model asks for.
 *
 * @param id names the call within its conversation; the answering tool message carries it back
 * @param name the tool's name
 * @param arguments JSON values by argument name, in the order the model wrote them
 */
public record ToolCall(String id, String name, Map<String, Object> arguments) {
  public ToolCall {
    requireNonNull(id, "id is null");
    requireNonNull(name, "name is null");
    arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
  }
}

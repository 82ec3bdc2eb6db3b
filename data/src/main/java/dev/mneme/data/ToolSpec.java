package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A tool as the model is told about it.
 *
 * @param name what the model calls it
 * @param description one sentence on when to use it
 * @param inputSchema JSON Schema of its arguments
 */
public record ToolSpec(String name, String description, Map<String, Object> inputSchema) {
  public ToolSpec {
    requireNonNull(name, "name is null");
    requireNonNull(description, "description is null");
    inputSchema = Collections.unmodifiableMap(new LinkedHashMap<>(inputSchema));
  }
}

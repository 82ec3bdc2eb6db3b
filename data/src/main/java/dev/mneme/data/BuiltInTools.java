package dev.mneme.data;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tools every agent of ours offers, as the model is told about them.
 *
 * <p>The agent runs them, the curriculum teaches when and how to call them: name, arguments and
 * description must agree to the letter, so they are defined once. Descriptions are short because
 * they are part of every prompt.
 */
public final class BuiltInTools {
  /** Arithmetic: {@code expression} such as {@code (12 + 7) * 3}. */
  public static final ToolSpec CALCULATOR =
      tool("calculator", "work out arithmetic", Map.of("expression", "string"), "expression");

  /** The time now; no arguments. */
  public static final ToolSpec CLOCK = tool("clock", "the date and time now", Map.of());

  /** A {@code value} in unit {@code from} as unit {@code to}. */
  public static final ToolSpec CONVERT_UNITS =
      tool(
          "convert_units",
          "convert a value between units",
          Map.of("value", "number", "from", "string", "to", "string"),
          "value",
          "from",
          "to");

  /** Looks for {@code query} in the long-term memory. */
  public static final ToolSpec MEMORY_SEARCH =
      tool(
          "memory_search", "look up what the user said before", Map.of("query", "string"), "query");

  /** All of them, in the order prompts list them. */
  public static final List<ToolSpec> ALL = List.of(CALCULATOR, CLOCK, CONVERT_UNITS, MEMORY_SEARCH);

  private BuiltInTools() {}

  private static ToolSpec tool(
      String name, String description, Map<String, String> types, String... arguments) {
    var properties = new LinkedHashMap<String, Object>();
    for (String each : arguments) {
      properties.put(each, Map.of("type", types.get(each)));
    }
    var schema = new LinkedHashMap<String, Object>();
    schema.put("type", "object");
    schema.put("properties", properties);
    schema.put("required", List.of(arguments));
    schema.put("additionalProperties", false);
    return new ToolSpec(name, description, schema);
  }
}

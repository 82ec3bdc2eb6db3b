package dev.mneme.agent.tool;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.BuiltInTools;
import dev.mneme.data.ToolSpec;
import java.math.BigDecimal;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The tools every agent has. All are read-only and never leave this installation, so they run
 * without asking.
 */
public final class BuiltIns {
  private static final DateTimeFormatter SPOKEN =
      DateTimeFormatter.ofPattern("EEEE, d MMMM uuuu, HH:mm", Locale.ENGLISH);

  private BuiltIns() {}

  /** Searches a memory in the caller's scope; the port behind {@code memory_search}. */
  @FunctionalInterface
  public interface MemorySearch {
    /** What is remembered about the query, best first, each as a dated line with its id. */
    List<String> search(String query, ToolContext context);
  }

  /** All of them, in the order prompts list them. */
  public static List<Tool> all(InstantSource clock, ZoneId zone, MemorySearch memory) {
    return List.of(calculator(), clock(clock, zone), convertUnits(), memorySearch(memory));
  }

  public static Tool calculator() {
    return readOnly(
        BuiltInTools.CALCULATOR,
        (arguments, context) -> {
          try {
            BigDecimal value = Calculator.evaluate(text(arguments, "expression"));
            return new ToolResult.Ok(Calculator.show(value), Map.of("value", value));
          } catch (ArithmeticException e) {
            return new ToolResult.Failed(String.valueOf(e.getMessage()));
          }
        });
  }

  public static Tool clock(InstantSource clock, ZoneId zone) {
    requireNonNull(clock, "clock is null");
    requireNonNull(zone, "zone is null");
    return readOnly(
        BuiltInTools.CLOCK,
        (arguments, context) -> {
          ZonedDateTime now = clock.instant().atZone(zone);
          return new ToolResult.Ok(SPOKEN.format(now) + " (" + zone.getId() + ")");
        });
  }

  public static Tool convertUnits() {
    return readOnly(
        BuiltInTools.CONVERT_UNITS,
        (arguments, context) -> {
          if (!(arguments.get("value") instanceof Number number)) {
            return new ToolResult.Failed("value must be a number");
          }
          String from = text(arguments, "from");
          String to = text(arguments, "to");
          try {
            BigDecimal value = new BigDecimal(number.toString());
            BigDecimal converted = Units.convert(value, from, to);
            return new ToolResult.Ok(
                Calculator.show(value) + " " + from + " = " + Calculator.show(converted) + " " + to,
                Map.of("value", converted));
          } catch (ArithmeticException e) {
            return new ToolResult.Failed(String.valueOf(e.getMessage()));
          }
        });
  }

  public static Tool memorySearch(MemorySearch memory) {
    requireNonNull(memory, "memory is null");
    return readOnly(
        BuiltInTools.MEMORY_SEARCH,
        (arguments, context) -> {
          List<String> found = memory.search(text(arguments, "query"), context);
          return found.isEmpty()
              ? new ToolResult.Ok("nothing is remembered about this")
              : new ToolResult.Ok(String.join("\n", found));
        });
  }

  private static String text(Map<String, Object> arguments, String name) {
    return String.valueOf(arguments.get(name));
  }

  private interface Body {
    ToolResult call(Map<String, Object> arguments, ToolContext context);
  }

  private static Tool readOnly(ToolSpec spec, Body body) {
    return new Tool() {
      @Override
      public ToolSpec spec() {
        return spec;
      }

      @Override
      public ToolTraits traits() {
        return ToolTraits.READ_ONLY;
      }

      @Override
      public ToolResult call(Map<String, Object> arguments, ToolContext context) {
        return body.call(arguments, context);
      }
    };
  }
}

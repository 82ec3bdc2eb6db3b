package dev.mneme.agent.tool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Scope;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BuiltInsTest {
  private static final ToolContext CONTEXT =
      new ToolContext(new Scope("home", "ana", "mneme", "s1"), () -> false);

  private static ToolResult call(Tool tool, Map<String, Object> arguments) throws Exception {
    return tool.call(arguments, CONTEXT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "(12 + 7) * 3; 57",
        "0.1 + 0.2; 0.3",
        "2 ^ 10; 1024",
        "2 ** 3 ** 2; 512",
        "-2 ^ 2; -4",
        "10 / 4; 2.5",
        "1 / 3; 0.333333333333",
        "17 % 5; 2",
        "-7 mod 3; 2",
        "15% * 200; 30",
        "200 - 10%; 199.9",
        "5!; 120",
        "sqrt(2) ^ 2; 2",
        "√16; 4",
        "2(3 + 4); 14",
        "max(3, 9, 4); 9",
        "round(2.345, 2); 2.35",
        "1,250,000 / 2; 625000",
        "sin(0) + cos(0); 1",
        "log(100); 2",
        "12 × 3 ÷ 4 − 1; 8",
        "1e3; 1000",
        "2 ^ 200; 1.606938044258990275541962092341163E+60",
      })
  void arithmeticIsExact(String expression, String expected) throws Exception {
    assertThat(call(BuiltIns.calculator(), Map.of("expression", expression)))
        .isInstanceOfSatisfying(
            ToolResult.Ok.class, ok -> assertThat(ok.text()).isEqualTo(expected));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1 +",
        "1 / 0",
        "sqrt(-1)",
        "2 ^ 99999",
        "9^9^9^9",
        "1e9999 * 1e9999 * 1e9999",
        "foo(1)",
        "1001!",
        "(1",
        "1) + 2",
        "java.lang.Runtime",
        "1; 2",
        "log(0)",
        "0 ^ -1"
      })
  void whatHasNoValueIsSaid(String expression) throws Exception {
    assertThat(call(BuiltIns.calculator(), Map.of("expression", expression)))
        .isInstanceOf(ToolResult.Failed.class);
  }

  @Test
  void deepNestingAndLongExpressionsAreRefused() throws Exception {
    String deep = "(".repeat(400) + "1" + ")".repeat(400);
    String towers = "2^".repeat(400) + "1";
    for (String each : List.of(deep, towers, "1+".repeat(5000) + "1")) {
      assertThat(call(BuiltIns.calculator(), Map.of("expression", each)))
          .isInstanceOf(ToolResult.Failed.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, mile, km, 1.609344",
    "100, F, celsius, 37.777777777778",
    "0, C, K, 273.15",
    "5, lbs, kg, 2.26796185",
    "36, km/h, m/s, 10",
    "3, feet, inches, 36",
    "2, cups, ml, 473.176473",
    "90, minutes, hours, 1.5",
    "1, GiB, MB, 1073.741824",
    "-40, celsius, fahrenheit, -40",
  })
  void unitsConvert(double value, String from, String to, String expected) throws Exception {
    assertThat(call(BuiltIns.convertUnits(), Map.of("value", value, "from", from, "to", to)))
        .isInstanceOfSatisfying(
            ToolResult.Ok.class, ok -> assertThat(ok.text()).endsWith("= " + expected + " " + to));
  }

  @Test
  void unitsOfDifferentKindsDoNotConvert() throws Exception {
    assertThat(call(BuiltIns.convertUnits(), Map.of("value", 1, "from", "kg", "to", "metres")))
        .isEqualTo(new ToolResult.Failed("kg is a unit of mass, metres of length"));
    assertThat(call(BuiltIns.convertUnits(), Map.of("value", 1, "from", "blarg", "to", "m")))
        .isEqualTo(new ToolResult.Failed("unknown unit \"blarg\""));
  }

  @Test
  void theClockSpeaksItsZone() throws Exception {
    Tool clock =
        BuiltIns.clock(() -> Instant.parse("2026-11-22T23:30:00Z"), ZoneId.of("Europe/Berlin"));
    assertThat(call(clock, Map.of()))
        .isEqualTo(new ToolResult.Ok("Monday, 23 November 2026, 00:30 (Europe/Berlin)"));
  }

  @Test
  void memorySearchAsksInTheCallersScope() throws Exception {
    Tool search =
        BuiltIns.memorySearch(
            (query, context) -> List.of(context.scope().user() + " asked for " + query));
    assertThat(call(search, Map.of("query", "dog")))
        .isEqualTo(new ToolResult.Ok("ana asked for dog"));
  }
}

package dev.mneme.model.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ToolCallsTest {
  @Test
  void callsAreTakenOutInOrderAndNumberedOn() {
    var parsed =
        ToolCalls.parse(
            "Let me see.<tool_call>{\"name\":\"a\",\"arguments\":{\"x\":1}}</tool_call>\n"
                + "<tool_call>\n{\"name\": \"b\"}\n</tool_call>",
            3);
    assertThat(parsed.content()).isEqualTo("Let me see.");
    assertThat(parsed.calls()).extracting("id").containsExactly("call_4", "call_5");
    assertThat(parsed.calls().getFirst().arguments()).isEqualTo(Map.of("x", 1));
    assertThat(parsed.calls().get(1).arguments()).isEmpty();
    assertThat(parsed.malformed()).isEmpty();
  }

  @Test
  void whatIsNoCallIsAValueWithAReason() {
    assertThat(
            ToolCalls.parse("<tool_call>{\"name\": </tool_call>", 0)
                .malformed()
                .getFirst()
                .reason())
        .startsWith("not JSON");
    assertThat(ToolCalls.parse("<tool_call>[1]</tool_call>", 0).malformed()).hasSize(1);
    assertThat(ToolCalls.parse("<tool_call>null</tool_call>", 0).malformed()).hasSize(1);
    assertThat(ToolCalls.parse("<tool_call></tool_call>", 0).malformed()).hasSize(1);
    assertThat(
            ToolCalls.parse("<tool_call>{\"name\":\"a\",\"arguments\":[1]}</tool_call>", 0)
                .malformed()
                .getFirst()
                .reason())
        .contains("not a JSON object");
  }

  @Test
  void unclosedCallStillCounts() {
    var parsed = ToolCalls.parse("<tool_call>{\"name\":\"a\",\"arguments\":{}}", 0);
    assertThat(parsed.calls()).hasSize(1);
  }

  @Test
  void argumentsAsTextAndBareCallsAreUnderstood() {
    assertThat(
            ToolCalls.parse(
                    "<tool_call>{\"name\":\"a\",\"arguments\":\"{\\\"x\\\": 2}\"}</tool_call>", 0)
                .calls()
                .getFirst()
                .arguments())
        .isEqualTo(Map.of("x", 2));
    assertThat(ToolCalls.parse("{\"name\": \"a\", \"parameters\": {\"x\": 2}}", 0).calls())
        .hasSize(1);
    assertThat(ToolCalls.parse("{\"name\": \"Ann\", \"age\": 2}", 0).calls()).isEmpty();
  }

  @Test
  void noTextThrows() {
    var random = new SplittableRandom(5);
    String alphabet = "{}[]\":,<>/ntool_call1e+-\\u ";
    for (int round = 0; round < 5000; round++) {
      var text = new StringBuilder("<tool_call>");
      for (int i = random.nextInt(40); i > 0; i--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      var parsed = ToolCalls.parse(text + (random.nextBoolean() ? "</tool_call>" : ""), 0);
      assertThat(parsed.calls().size() + parsed.malformed().size()).isPositive();
    }
  }
}

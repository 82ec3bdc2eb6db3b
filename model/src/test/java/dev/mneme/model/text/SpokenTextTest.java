package dev.mneme.model.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SpokenTextTest {
  private static String spoken(List<String> pieces) {
    var out = new StringBuilder();
    var spoken = new SpokenText(out::append);
    pieces.forEach(spoken);
    spoken.end();
    return out.toString();
  }

  @Test
  void callsAreKeptBackHoweverTheTextIsCut() {
    String reply = "One moment.<tool_call>{\"name\": \"a<b\"}</tool_call> Done, 1 < 2 <tool";
    for (int cut = 0; cut <= reply.length(); cut++) {
      assertThat(spoken(List.of(reply.substring(0, cut), reply.substring(cut))))
          .isEqualTo("One moment. Done, 1 < 2 <tool");
    }
    assertThat(spoken(reply.chars().mapToObj(Character::toString).toList()))
        .isEqualTo("One moment. Done, 1 < 2 <tool");
  }

  @Test
  void textThatCannotBecomeAMarkerDoesNotWait() {
    var out = new StringBuilder();
    new SpokenText(out::append).accept("Hello, you");
    assertThat(out).hasToString("Hello, you");
  }

  @Test
  void aCallThatIsLeftOpenIsNotSpoken() {
    assertThat(spoken(List.of("Wait.", "<tool_call>{\"name\":"))).isEqualTo("Wait.");
  }
}

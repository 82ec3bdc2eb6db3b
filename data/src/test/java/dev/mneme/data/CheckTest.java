package dev.mneme.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CheckTest {
  private static Message said(String text) {
    return Message.assistant(text);
  }

  private static Message called(String name, Map<String, Object> arguments) {
    return new Message(Role.ASSISTANT, "", List.of(new ToolCall("1", name, arguments)), null);
  }

  @Test
  void aTextIsFoundOnlyAsWholeWords() {
    Check check = Check.says("Ana");
    assertThat(check.accepts(said("Your sister is called ana."))).isTrue();
    assertThat(check.accepts(said("She likes bananas."))).isFalse();
    assertThat(check.score(said("No.")).why()).contains("Ana").contains("No.");
  }

  @Test
  void aNumberIsNotFoundInsideAnother() {
    Check check = Check.says("12");
    assertThat(check.accepts(said("It is 12."))).isTrue();
    assertThat(check.accepts(said("5 + 7 = 12, so 12 it is"))).isTrue();
    assertThat(check.accepts(said("It is 12.5"))).isFalse();
    assertThat(check.accepts(said("It is 112"))).isFalse();
    assertThat(check.accepts(said("It is -12"))).isFalse();
    assertThat(Check.says("1200").accepts(said("1,200 metres"))).isTrue();
  }

  @Test
  void everyGroupMustBeThere() {
    Check check = new Check.Says(List.of(List.of("red", "crimson"), List.of("blue")));
    assertThat(check.accepts(said("Crimson and blue."))).isTrue();
    assertThat(check.accepts(said("Crimson."))).isFalse();
  }

  @Test
  void exactAnswersForgiveCaseAndTheFullStop() {
    Check check = new Check.Exactly(List.of("Oslo"));
    assertThat(check.accepts(said("oslo."))).isTrue();
    assertThat(check.accepts(said("It is Oslo."))).isFalse();
  }

  @Test
  void abstentionIsRecognised() {
    assertThat(new Check.Abstains().accepts(said("I don’t know that yet."))).isTrue();
    assertThat(new Check.Abstains().accepts(said("It is Oslo."))).isFalse();
  }

  @Test
  void jsonIsComparedByValue() {
    Check check = new Check.JsonEquals("{\"name\":\"Ana\",\"amount\":12}");
    assertThat(check.accepts(said("{\"amount\": 12.0, \"name\": \"Ana\"}"))).isTrue();
    assertThat(check.accepts(said("```json\n{\"amount\":12,\"name\":\"Ana\"}\n```"))).isTrue();
    assertThat(check.accepts(said("{\"amount\": 13, \"name\": \"Ana\"}"))).isFalse();
    assertThat(check.accepts(said("{\"amount\": 12, \"name\": "))).isFalse();
    assertThat(new Check.IsJson().accepts(said("Here it is: {}"))).isFalse();
  }

  @Test
  void formIsCounted() {
    assertThat(Check.Form.words(3, 3).accepts(said("Bright cold morning."))).isTrue();
    assertThat(Check.Form.words(3, 3).accepts(said("Bright morning."))).isFalse();
    assertThat(Check.Form.sentences(2).accepts(said("It is 3.5 km. Walk!"))).isTrue();
    assertThat(Check.Form.bullets(2).accepts(said("- one\n- two"))).isTrue();
    assertThat(Check.Form.bullets(2).accepts(said("Here:\n- one\n- two"))).isFalse();
    assertThat(Check.Form.numbered(2).accepts(said("1. one\n2. two"))).isTrue();
    assertThat(Check.Form.in(Check.LetterCase.UPPER).accepts(said("YES, 2."))).isTrue();
    assertThat(Check.Form.in(Check.LetterCase.UPPER).accepts(said("Yes"))).isFalse();
    assertThat(Check.Form.endsWith("Goodbye!").accepts(said("So long. Goodbye!"))).isTrue();
  }

  @Test
  void callsCompareArgumentsByValue() {
    Check check = new Check.Calls("calculator", Map.of("expression", "12 * 7"), List.of());
    assertThat(check.accepts(called("calculator", Map.of("expression", "12*7")))).isTrue();
    assertThat(check.accepts(called("calculator", Map.of("expression", "12*8")))).isFalse();
    assertThat(check.accepts(said("84"))).isFalse();
    Check search = new Check.Calls("memory_search", Map.of(), List.of("dog"));
    assertThat(search.accepts(called("memory_search", Map.of("query", "name of my dog")))).isTrue();
    assertThat(new Check.CallsNothing().accepts(called("clock", Map.of()))).isFalse();
  }

  @Test
  void checksSurviveJson() {
    Check check =
        Check.all(
            Check.says("a"),
            new Check.Avoids(List.of("b")),
            Check.Form.words(1, 9),
            new Check.Calls("clock", Map.of(), List.of()),
            new Check.Abstains());
    String json = Json.mapper().writeValueAsString(check);
    assertThat(Json.mapper().readValue(json, Check.class)).isEqualTo(check);
  }

  @Test
  void anOldExampleWithoutExpectationsIsRead() {
    String json =
        "{\"skill\":\"s\",\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}],"
            + "\"tools\":[],\"heldOut\":false,\"later\":1}";
    assertThat(Json.mapper().readValue(json, TrainingExample.class).expectations()).isEmpty();
  }
}

package dev.mneme.preference.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.data.Evidence;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.data.Role;
import dev.mneme.data.Scope;
import dev.mneme.data.ToolCall;
import dev.mneme.preference.PairIds;
import dev.mneme.preference.PreferenceException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

class PreferenceFormatTest {
  private static final Scope SCOPE = new Scope("home", "sam", "mneme", "s");
  private static final Instant AT = Instant.parse("2026-03-01T09:00:00Z");

  private static final List<Message> PROMPT =
      List.of(
          Message.system("Be kind."),
          Message.user("How warm is it in Bergen?"),
          new Message(
              Role.ASSISTANT,
              "",
              List.of(new ToolCall("c1", "weather", Map.of("city", "Bergen", "days", 1))),
              null),
          Message.tool("c1", "{\"celsius\": 7}"));
  private static final List<Message> CHOSEN =
      List.of(Message.assistant("7 degrees – a \"cool\" day."));
  private static final List<Message> REJECTED = List.of(Message.assistant("Warm."));

  private static final PreferencePair PAIR =
      new PreferencePair(
          PairIds.of(PROMPT, CHOSEN, REJECTED),
          SCOPE,
          PreferencePair.Origin.RETRY,
          PROMPT,
          CHOSEN,
          REJECTED,
          new PairWeight(1.5, 0.5, 0.7, 0.9, 0.47),
          AT,
          List.of(new Evidence("t", "retry", "asked again")));

  @Test
  void trlHasExactlyTheThreeColumnsOfMessages() {
    JsonNode line = Json.mapper().readTree(PreferenceFormat.TRL.lines(PAIR).getFirst());
    assertThat(line.propertyNames()).containsExactly("prompt", "chosen", "rejected");
    assertThat(line.path("chosen").get(0).propertyNames()).containsExactly("role", "content");
    assertThat(
            line.path("prompt")
                .get(2)
                .path("tool_calls")
                .get(0)
                .path("function")
                .path("arguments")
                .path("city")
                .asString(""))
        .isEqualTo("Bergen");
  }

  @Test
  void openAiHasArgumentsAsText() {
    JsonNode line = Json.mapper().readTree(PreferenceFormat.OPENAI.lines(PAIR).getFirst());
    assertThat(line.propertyNames())
        .containsExactly("input", "preferred_output", "non_preferred_output");
    JsonNode arguments =
        line.path("input")
            .path("messages")
            .get(2)
            .path("tool_calls")
            .get(0)
            .path("function")
            .path("arguments");
    assertThat(arguments.isString()).isTrue();
  }

  @Test
  void ktoHasBothSidesWithTheirLabels() {
    List<String> lines = PreferenceFormat.KTO.lines(PAIR);
    assertThat(lines).hasSize(2);
    assertThat(Json.mapper().readTree(lines.getFirst()).path("label").asBoolean()).isTrue();
    assertThat(Json.mapper().readTree(lines.getLast()).path("label").asBoolean()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(names = {"TRL", "OPENAI", "MNEME"})
  void whatWasWrittenIsReadAsTheSamePair(PreferenceFormat format) {
    var read = format.read(format.lines(PAIR).getFirst(), "file:1", SCOPE, AT);
    assertThat(read)
        .isInstanceOfSatisfying(
            PreferenceFormat.Line.Pair.class,
            line -> {
              assertThat(line.pair().prompt()).isEqualTo(PROMPT);
              assertThat(line.pair().chosen()).isEqualTo(CHOSEN);
              assertThat(line.pair().rejected()).isEqualTo(REJECTED);
              assertThat(line.pair().id()).isEqualTo(PAIR.id());
            });
  }

  @Test
  void ownFormatKeepsWeightsAndEvidence() {
    var read =
        PreferenceFormat.MNEME.read(
            PreferenceFormat.MNEME.lines(PAIR).getFirst(), "f:1", SCOPE, AT);
    assertThat(read).isEqualTo(new PreferenceFormat.Line.Pair(PAIR));
    var reply = new RatedReply("id", SCOPE, PROMPT, CHOSEN, 0.9, 0.8, 0.3, AT, List.of());
    var single =
        PreferenceFormat.MNEME.read(
            PreferenceFormat.MNEME.line(reply).orElseThrow(), "f:1", SCOPE, AT);
    assertThat(single).isEqualTo(new PreferenceFormat.Line.Single(reply));
  }

  @Test
  void plainTextAndImplicitPromptsAreUnderstood() {
    var plain =
        PreferenceFormat.TRL.read(
            "{\"prompt\": \"Hi\", \"chosen\": \"Hello!\", \"rejected\": \"What.\"}",
            "f:1",
            SCOPE,
            AT);
    assertThat(((PreferenceFormat.Line.Pair) plain).pair().prompt())
        .containsExactly(Message.user("Hi"));
    var implicit =
        PreferenceFormat.TRL.read(
            """
            {"chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}],
             "rejected": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "What."}]}
            """,
            "f:1",
            SCOPE,
            AT);
    assertThat(((PreferenceFormat.Line.Pair) implicit).pair())
        .satisfies(
            pair -> {
              assertThat(pair.prompt()).containsExactly(Message.user("Hi"));
              assertThat(pair.chosen()).containsExactly(Message.assistant("Hello!"));
            });
  }

  @Test
  void aBadLineIsNamed() {
    for (String bad :
        List.of(
            "{\"prompt\": \"Hi\", \"chosen\": \"Hello!\"}",
            "{\"prompt\": [{\"role\": \"narrator\", \"content\": \"x\"}], \"chosen\": \"a\","
                + " \"rejected\": \"b\"}",
            "not json",
            "[]")) {
      assertThatThrownBy(() -> PreferenceFormat.TRL.read(bad, "pairs.jsonl:7", SCOPE, AT))
          .isInstanceOf(PreferenceException.class)
          .hasMessageContaining("pairs.jsonl:7")
          .hasMessageContaining("trl");
    }
  }

  @Test
  void anotherTenantsLinesAreRefused() {
    Scope other = new Scope("elsewhere", "sam", "mneme", "s");
    String line = PreferenceFormat.MNEME.lines(PAIR).getFirst();
    assertThatThrownBy(() -> PreferenceFormat.MNEME.read(line, "f:1", other, AT))
        .hasMessageContaining("tenant");
  }
}

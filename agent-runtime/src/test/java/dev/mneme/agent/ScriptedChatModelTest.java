package dev.mneme.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.data.ToolCall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScriptedChatModelTest extends ChatModelContract {
  private static final String SCRIPT =
      """
      model: demo
      rules:
        - when: "(?i)my name is (\\\\w+)"
          reply: "Nice to meet you, $1."
        - when: "(?i)what is ([0-9+ ]+)"
          call: {name: calculator, arguments: {expression: "$1"}}
        - when_tool: "(.*)"
          reply: "That is $1."
      replies: ["Tell me more.", {reply: "I see."}]
      repeat: true
      """;

  @Override
  protected ChatModel model() {
    return ScriptedChatModel.answering(
        "contract", 500, request -> Message.assistant("A few words, and then some more."));
  }

  private static Message ask(ChatModel model, Message newest) {
    return model
        .generate(
            new ChatRequest(List.of(newest), List.of(), Sampling.greedy(100)),
            text -> {},
            new Cancellation())
        .message();
  }

  @Test
  void rulesFillInWhatWasSaidAndRepliesFollowInOrder(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("demo.yaml"), SCRIPT);
    ChatModel model = ScriptedChatModel.read(file);
    assertThat(model.ref().id()).isEqualTo("demo");
    assertThat(ask(model, Message.user("My name is Ana!")).content())
        .isEqualTo("Nice to meet you, Ana.");
    assertThat(ask(model, Message.user("Hm")).content()).isEqualTo("Tell me more.");
    assertThat(ask(model, Message.user("Hm")).content()).isEqualTo("I see.");
    assertThat(ask(model, Message.user("Hm")).content()).isEqualTo("Tell me more.");
  }

  @Test
  void rulesCallToolsAndReadTheirResults() {
    ChatModel model = ScriptedChatModel.of(Script.parse(SCRIPT, "demo.yaml"));
    assertThat(ask(model, Message.user("What is 2 + 3?")).toolCalls())
        .containsExactly(new ToolCall("call_0", "calculator", Map.of("expression", "2 + 3")));
    assertThat(ask(model, Message.tool("call_0", "5")).content()).isEqualTo("That is 5.");
  }

  @Test
  void jsonScriptsAreRead() {
    ChatModel model = ScriptedChatModel.of(Script.parse("{\"replies\": [\"Yes.\"]}", "demo.json"));
    assertThat(ask(model, Message.user("Hm")).content()).isEqualTo("Yes.");
    assertThatThrownBy(() -> ask(model, Message.user("Hm")))
        .isInstanceOf(ChatModelException.class)
        .hasMessageContaining("used up");
  }

  @Test
  void mistakesNameFileAndLine() {
    assertThatThrownBy(() -> Script.parse("replies: [a]\nrepaet: true\n", "demo.yaml"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("demo.yaml:2")
        .hasMessageContaining("repaet");
    assertThatThrownBy(() -> Script.parse("rules:\n  - when: \"(\"\n    reply: a\n", "d.yaml"))
        .hasMessageContaining("not a regular expression");
    assertThatThrownBy(() -> Script.parse("model: x\n", "d.yaml"))
        .hasMessageContaining("needs rules or replies");
  }

  @Test
  void stopTextsEndTheReply() {
    try (ChatModel model = ScriptedChatModel.replying("one STOP two")) {
      var sampling = new Sampling(0, 0, 1, 0, 1, 0, 50, List.of("STOP"));
      ChatReply reply =
          model.generate(
              new ChatRequest(List.of(Message.user("go")), List.of(), sampling),
              text -> {},
              new Cancellation());
      assertThat(reply.message().content()).isEqualTo("one ");
    }
  }
}

package dev.mneme.evals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModelException;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.agent.ScriptedChatModel;
import dev.mneme.data.BuiltInTools;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Sampling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentSubjectTest {
  @TempDir Path dir;

  private static ChatReply ask(AgentSubject subject, Message... messages) {
    return subject.generate(
        new ChatRequest(List.of(messages), List.of(), Sampling.greedy(60)),
        _ -> {},
        new Cancellation());
  }

  @Test
  void theModelSeesTheAgentsSystemMessageToolsAndTheConversation() {
    var model = new FakeModel("m", _ -> "Biscuit.");
    try (var subject = new AgentSubject(model)) {
      ChatReply reply =
          ask(
              subject,
              Message.user("My dog is called Biscuit."),
              Message.assistant("A fine name."),
              Message.user("What is my dog called?"));

      assertThat(reply.message().content()).isEqualTo("Biscuit.");
      assertThat(reply.latency().replyTokens()).isEqualTo(5);
      ChatRequest seen = model.requests.iterator().next();
      assertThat(seen.messages().getFirst().role()).isEqualTo(Role.SYSTEM);
      assertThat(seen.messages().getFirst().content()).contains("Mneme", "2026-03-02");
      assertThat(seen.messages())
          .extracting(Message::content)
          .endsWith("My dog is called Biscuit.", "A fine name.", "What is my dog called?");
      assertThat(seen.tools()).isEqualTo(BuiltInTools.ALL);
      assertThat(subject.ref().id()).isEqualTo("m+agent");
      assertThat(subject.ref().sha256()).isNotEqualTo(model.ref().sha256());
    }
  }

  @Test
  void aToolIsCalledAndTheReplyIsWhatComesAfter() throws IOException {
    Path script =
        Files.writeString(
            dir.resolve("script.yaml"),
            """
            model: calculating
            rules:
              - when_tool: "(.*)"
                reply: "That is $1."
              - when: "what is ([-+ 0-9]+)"
                call: { name: calculator, arguments: { expression: "$1" } }
            """);
    try (var subject = new AgentSubject(ScriptedChatModel.read(script))) {
      assertThat(ask(subject, Message.user("what is 17 + 25")).message().content())
          .isEqualTo("That is 42.");
    }
  }

  @Test
  void oneItemsMemoryIsNotTheNextOnes() {
    var prompts = new ArrayList<String>();
    var model =
        new FakeModel(
            "m",
            request -> {
              prompts.add(request.messages().toString());
              return "ok";
            });
    try (var subject = new AgentSubject(model)) {
      ask(subject, Message.user("The code word is heliotrope."));
      ask(subject, Message.user("What is the code word?"));
    }
    assertThat(prompts.getLast()).doesNotContain("heliotrope");
  }

  @Test
  void aPromptThatBringsItsOwnSystemMessageStaysAsItIs() {
    var model = new FakeModel("m", _ -> "ok");
    try (var subject = new AgentSubject(model)) {
      ask(subject, Message.system("Be brief."), Message.user("Hello"));
    }
    assertThat(model.requests.iterator().next().messages())
        .containsExactly(Message.system("Be brief."), Message.user("Hello"));
  }

  @Test
  void aModelThatFailsFails() {
    var model =
        new FakeModel(
            "m",
            _ -> {
              throw new ChatModelException("the endpoint answered 503", true, null);
            });
    try (var subject = new AgentSubject(model)) {
      assertThatThrownBy(() -> ask(subject, Message.user("Hello")))
          .isInstanceOfSatisfying(ChatModelException.class, e -> assertThat(e.retryable()).isTrue())
          .hasMessageContaining("503");
    }
  }
}

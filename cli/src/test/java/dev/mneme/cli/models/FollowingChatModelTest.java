package dev.mneme.cli.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelContract;
import dev.mneme.agent.ChatModelException;
import dev.mneme.agent.ChatRequest;
import dev.mneme.agent.ScriptedChatModel;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FollowingChatModelTest extends ChatModelContract {
  private final List<String> opened = new ArrayList<>();
  private String active = "gen-1";

  @Override
  protected ChatModel model() {
    return new FollowingChatModel(() -> active, this::open);
  }

  private ChatModel open(String id) {
    opened.add(id);
    if (id.equals("broken")) {
      throw new IllegalArgumentException("its weights are cut off");
    }
    return ScriptedChatModel.answering(
        id, 500, request -> Message.assistant(id + " says a few words."));
  }

  private static String ask(ChatModel model) {
    var request = new ChatRequest(List.of(Message.user("Hello.")), List.of(), Sampling.greedy(30));
    return model.generate(request, text -> {}, new Cancellation()).message().content();
  }

  @Test
  void aPromotionIsTakenAtTheNextReplyAndARollbackToo() {
    try (ChatModel model = model()) {
      assertThat(ask(model)).startsWith("gen-1");
      active = "gen-2";
      assertThat(model.ref().id()).isEqualTo("gen-2");
      assertThat(ask(model)).startsWith("gen-2");
      active = "gen-1";
      assertThat(ask(model)).startsWith("gen-1");
      assertThat(opened).containsExactly("gen-1", "gen-2", "gen-1");
    }
  }

  @Test
  void aPromotedCheckpointThatCannotBeLoadedIsAFailureOfTheReplyOnly() {
    try (ChatModel model = model()) {
      ask(model);
      active = "broken";
      assertThatThrownBy(() -> ask(model))
          .isInstanceOf(ChatModelException.class)
          .hasMessageContaining("broken")
          .hasMessageContaining("cut off")
          .hasMessageContaining("rollback");
      active = "gen-1";
      assertThat(ask(model)).startsWith("gen-1");
    }
  }

  @Test
  void aClosedModelIsNotOpenedAgain() {
    ChatModel model = model();
    ask(model);
    model.close();
    assertThatThrownBy(() -> ask(model)).isInstanceOf(IllegalStateException.class);
    assertThat(opened).hasSize(1);
  }
}

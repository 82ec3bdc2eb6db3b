package dev.mneme.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class MessageTest {
  @Test
  void whatAPromptAsksForIsWhatThePersonSaidLast() {
    Message system = Message.system("You are Mneme.");
    Message question = Message.user("What is 81 - 30?");
    Message result = Message.tool("c1", "51");
    assertThat(Message.request(List.of(system, Message.user("Hi."), question, result)))
        .isEqualTo("What is 81 - 30?");
    assertThat(Message.request(List.of(system))).isEqualTo("You are Mneme.");
  }
}

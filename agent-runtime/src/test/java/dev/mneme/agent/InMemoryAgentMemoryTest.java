package dev.mneme.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Message;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class InMemoryAgentMemoryTest {
  private static final Scope ANN = new Scope("home", "ann", "helper", "monday");

  private final InMemoryAgentMemory memory = new InMemoryAgentMemory();
  private int said;

  private void says(String... texts) {
    for (String text : texts) {
      log("Ann", Message.user(text));
    }
  }

  private void log(String speaker, Message message) {
    Instant at = Instant.parse("2026-03-01T09:00:00Z").plusSeconds(said);
    memory.log(new Turn("turn " + said, ANN, said++, speaker, message, at, null, null));
  }

  private List<String> recalled(String question, int limit) {
    return memory.recall(ANN, question, limit).stream().map(RecalledMemory::text).toList();
  }

  @Test
  void whatWasToldComesBeforeHoweverManyQuestions() {
    says(
        "My son is learning the clarinet.",
        "Which instrument does my son play?",
        "Hello, Ann here. Which instrument does my son play?",
        "What does my son play?");
    assertThat(recalled("Which instrument does my son play?", 2).getFirst())
        .isEqualTo("My son is learning the clarinet.");
  }

  @Test
  void theSameQuestionComesOnceSoThatThereIsRoomForAnother() {
    says("Where is the key?", "Where is the key?", "Where is my coat?");
    assertThat(recalled("Where is the key?", 3))
        .containsExactly("Where is the key?", "Where is my coat?");
  }

  @Test
  void whatAQuestionTellsBesideCounts() {
    says("What is the name of my dog?", "The dog is Rex. What does he eat?");
    assertThat(recalled("What is my dog called?", 1))
        .containsExactly("The dog is Rex. What does he eat?");
  }

  @Test
  void theSameWordsComeOnceAndTheNewestFirst() {
    says("The key is with Tom.", "The key is with Priya.", "The key is with Tom.");
    assertThat(memory.recall(ANN, "Who has the key?", 4))
        .extracting(RecalledMemory::turnId)
        .containsExactly("turn 2", "turn 1");
  }

  @Test
  void whatIsSaidEveryDaySaysLittle() {
    says(
        "I left our key with Tom.",
        "Hello, Ann here. Our team lost again.",
        "Hello, Ann here. What a day.",
        "Hello, Ann here. The lamp works.",
        "Hello, Ann here. Where is our key?");
    assertThat(recalled("Hello, Ann here. Where is our key?", 1))
        .containsExactly("I left our key with Tom.");
  }

  @Test
  void whatThePersonToldComesBeforeWhatTheAgentAnswered() {
    says("I left our key with Tom.");
    for (String guess : List.of("The key is with Priya.", "Your key is with Oskar.")) {
      says("Who has the key?");
      log("assistant", Message.assistant(guess));
    }
    assertThat(recalled("Who has the key?", 1)).containsExactly("I left our key with Tom.");
  }

  @Test
  void whatSharesNoWordIsNotRecalled() {
    says("I am hungry.", "");
    assertThat(recalled("Who has the key?", 4)).isEmpty();
  }
}

package dev.mneme.evals.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.data.Role;
import dev.mneme.data.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LongMemEvalTest {
  private static final String TWO_QUESTIONS =
      """
      [{"question_id": "q1", "question_type": "single-session-user",
        "question": "Which tree did I plant?", "answer": "a quince",
        "question_date": "2024/02/03 (Sat) 10:15",
        "answer_session_ids": ["s2"],
        "haystack_session_ids": ["s1", "s2"],
        "haystack_dates": ["2024/01/05 (Fri) 08:00", "2024/01/09 (Tue) 21:30"],
        "haystack_sessions": [
          [{"role": "user", "content": "How do I sharpen a saw?"},
           {"role": "assistant", "content": "With a file."}],
          [{"role": "user", "content": "I planted a quince today.", "has_answer": true},
           {"role": "assistant", "content": ""},
           {"role": "user", "content": "And I am tired."}]]},
       {"question_id": "q2_abs", "question_type": "single-session-user",
        "question": "Which car did I buy?", "answer_session_ids": ["s1"],
        "haystack_session_ids": ["s1"], "haystack_dates": ["2024/01/05 (Fri) 08:00"],
        "haystack_sessions": [[{"role": "user", "content": "Good morning."}]]}]
      """;

  @TempDir Path dir;

  private Path file(String text) throws IOException {
    return Files.writeString(dir.resolve("longmemeval.json"), text);
  }

  @Test
  void aHaystackBecomesAConversationWithItsEvidence() throws IOException {
    MemoryDataset dataset = LongMemEval.read(file(TWO_QUESTIONS));

    assertThat(dataset.unusable()).as("questions without an answer").isEqualTo(1);
    assertThat(dataset.conversations()).hasSize(1);
    MemoryDataset.Conversation conversation = dataset.conversations().getFirst();
    assertThat(conversation.turns())
        .extracting(turn -> turn.message().content())
        .containsExactly(
            "How do I sharpen a saw?",
            "With a file.",
            "I planted a quince today.",
            "And I am tired.");
    assertThat(conversation.turns())
        .extracting(turn -> turn.message().role())
        .containsExactly(Role.USER, Role.ASSISTANT, Role.USER, Role.USER);
    Turn planted = conversation.turns().get(2);
    assertThat(planted.at()).isEqualTo(Instant.parse("2024-01-09T21:30:00Z"));
    assertThat(planted.scope().session()).isEqualTo("s2");
    MemoryDataset.Question question = conversation.questions().getFirst();
    assertThat(question.text()).isEqualTo("Which tree did I plant?");
    assertThat(question.turns()).containsExactly(planted.id());
    assertThat(question.sessions()).containsExactly("s2");
    assertThat(question.asked()).isEqualTo(Instant.parse("2024-02-03T10:15:00Z"));
  }

  @Test
  void anotherFileIsRefusedByName() throws IOException {
    assertThatThrownBy(() -> LongMemEval.read(file("{\"a\": 1}")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("longmemeval.json")
        .hasMessageContaining("haystack_sessions");
  }

  @Test
  void aDateThatIsNoneIsShown() throws IOException {
    String wrong = TWO_QUESTIONS.replace("2024/01/05 (Fri) 08:00", "yesterday");
    assertThatThrownBy(() -> LongMemEval.read(file(wrong)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("`yesterday`");
  }
}

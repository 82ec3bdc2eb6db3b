package dev.mneme.cli.evolve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ScriptedChatModel;
import dev.mneme.data.Message;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class KnownScoresTest {
  private static final List<TrainingExample> ITEMS =
      Curriculum.load()
          .examples(0, true, Replay.ABSTENTION)
          .filter(each -> !each.isProse() && !each.expectations().isEmpty())
          .limit(3)
          .toList();

  private final AtomicInteger asked = new AtomicInteger();

  private ChatModel model(String id) {
    return ScriptedChatModel.answering(
        id,
        ScriptedChatModel.DEFAULT_CONTEXT,
        request -> {
          asked.incrementAndGet();
          return Message.assistant("I do not know.");
        });
  }

  @Test
  void aModelAnswersTheItemsOfACheckOnce() {
    var known = new KnownScores();
    try (ChatModel active = model("active")) {
      List<Double> first = known.of(active, items("abstention", 1));
      assertThat(first).hasSize(3);
      assertThat(known.of(active, items("abstention", 1))).isEqualTo(first);
      assertThat(asked).hasValue(3);
      known.of(active, items("safety", 1));
      assertThat(asked).as("another check is asked").hasValue(6);
    }
  }

  @Test
  void everyModelAnswersForItself() {
    var known = new KnownScores();
    try (ChatModel first = model("first");
        ChatModel second = model("second")) {
      known.of(first, items("safety", 1));
      known.of(second, items("safety", 1));
      assertThat(asked).hasValue(6);
      known.of(first, items("safety", 1));
      assertThat(asked).as("and is not asked again because another was").hasValue(6);
    }
  }

  @Test
  void anotherCyclesItemsTakeThePlaceOfTheFirst() {
    var known = new KnownScores();
    try (ChatModel active = model("active")) {
      known.of(active, items("safety", 1));
      known.of(active, items("safety", 2));
      assertThat(asked).hasValue(6);
    }
  }

  private static KnownScores.Items items(String check, long seed) {
    return new KnownScores.Items(check, seed, ITEMS);
  }
}

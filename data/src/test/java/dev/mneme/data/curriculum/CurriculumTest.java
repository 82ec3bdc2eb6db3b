package dev.mneme.data.curriculum;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Expectation;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Score;
import dev.mneme.data.TrainingExample;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CurriculumTest {
  private static final Curriculum CURRICULUM = Curriculum.load();
  private static final int MANY = 8_000;

  private static Stream<TrainingExample> many(boolean heldOut) {
    return CURRICULUM.examples(7, heldOut).limit(MANY);
  }

  @Test
  void theSameSeedGivesTheSameStream() {
    List<TrainingExample> once = CURRICULUM.examples(3, false).limit(300).toList();
    assertThat(Curriculum.load().examples(3, false).limit(300)).containsExactlyElementsOf(once);
    assertThat(CURRICULUM.examples(4, false).limit(300).toList()).isNotEqualTo(once);
  }

  @Test
  void aStreamCanBeEnteredAnywhere() {
    List<TrainingExample> first = CURRICULUM.examples(3, true).limit(50).toList();
    assertThat(CURRICULUM.example(3, 41, true)).isEqualTo(first.get(41));
  }

  @Test
  void everyReferenceReplyPassesItsChecks() {
    var wrong = new ArrayList<String>();
    Stream.concat(many(true), many(false))
        .forEach(
            example -> {
              for (Expectation each : example.expectations()) {
                Score.Scored score = each.check().score(example.messages().get(each.message()));
                if (score.value() != 1) {
                  wrong.add(example.skill() + " " + each.measure() + ": " + score.why());
                }
              }
            });
    assertThat(wrong).isEmpty();
  }

  @Test
  void everySlotIsFilled() {
    Stream.concat(many(true), many(false))
        .flatMap(each -> each.messages().stream())
        .map(Message::content)
        .forEach(
            text ->
                assertThat(text)
                    .doesNotContainPattern("\\{([aA] )?[A-Za-z][A-Za-z0-9_]*}")
                    .doesNotContainPattern("\\S  ")
                    .doesNotContain("\\n"));
  }

  @Test
  void conversationsAreWellFormedAndShort() {
    Stream.concat(many(true), many(false))
        .forEach(
            example -> {
              List<Message> messages = example.messages();
              assertThat(messages.getLast().role()).isEqualTo(Role.ASSISTANT);
              assertThat(messages.stream().mapToInt(m -> m.content().length()).sum())
                  .as(() -> example.toString())
                  .isBetween(2, 2600);
              for (int i = 1; i < messages.size(); i++) {
                Role before = messages.get(i - 1).role();
                switch (messages.get(i).role()) {
                  case SYSTEM -> throw new AssertionError("system message inside " + example);
                  case USER -> assertThat(before).isIn(Role.SYSTEM, Role.ASSISTANT);
                  case ASSISTANT -> assertThat(before).isIn(Role.USER, Role.TOOL);
                  case TOOL ->
                      assertThat(messages.get(i).toolCallId())
                          .isEqualTo(messages.get(i - 1).toolCalls().getFirst().id());
                }
              }
            });
  }

  @Test
  void heldOutRequestsAreNeverTrainedOn() {
    Set<String> trained = new HashSet<>();
    many(false).flatMap(CurriculumTest::firstRequests).forEach(text -> trained.add(plain(text)));
    List<String> seen =
        many(true)
            .flatMap(CurriculumTest::firstRequests)
            .map(CurriculumTest::plain)
            .filter(trained::contains)
            .distinct()
            .toList();
    assertThat(seen).isEmpty();
  }

  @Test
  void aTenthIsHeldOut() {
    long heldOut =
        Stream.iterate(0, i -> i + 1)
            .limit(10_000)
            .filter(i -> Split.heldOut("entry " + i))
            .count();
    assertThat(heldOut).isBetween(900L, 1100L);
  }

  @Test
  void everySkillHasExamplesOnBothSides() {
    for (String skill : CURRICULUM.skills()) {
      for (boolean heldOut : List.of(false, true)) {
        assertThat(CURRICULUM.examples(5, heldOut, skill::equals).limit(20))
            .as(skill)
            .hasSize(20)
            .allMatch(each -> each.skill().equals(skill) && each.heldOut() == heldOut);
      }
    }
  }

  private static Stream<String> firstRequests(TrainingExample example) {
    return example.messages().stream()
        .filter(each -> each.role() == Role.USER)
        .limit(1)
        .map(Message::content);
  }

  private static String plain(String text) {
    return text.toLowerCase(java.util.Locale.ROOT).replaceAll("[.?!]+$", "");
  }
}

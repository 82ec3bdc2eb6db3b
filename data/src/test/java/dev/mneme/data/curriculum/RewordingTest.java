package dev.mneme.data.curriculum;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.TrainingExample;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RewordingTest {
  private static final Curriculum CURRICULUM = Curriculum.load();
  private static final Predicate<String> REFUSALS = "conversation/refusals"::equals;
  private static final int MANY = 500;

  private static List<TrainingExample> plain() {
    return CURRICULUM.examples(7, false, REFUSALS).limit(MANY).toList();
  }

  private static List<TrainingExample> reworded() {
    return CURRICULUM.reworded(7, REFUSALS).limit(MANY).toList();
  }

  private static List<String> said(TrainingExample example, Predicate<Role> by) {
    return example.messages().stream()
        .filter(each -> by.test(each.role()))
        .map(Message::content)
        .toList();
  }

  @Test
  void onlyWhatPeopleSayIsReworded() {
    List<TrainingExample> before = plain();
    List<TrainingExample> after = reworded();
    for (int i = 0; i < MANY; i++) {
      assertThat(said(after.get(i), role -> role != Role.USER))
          .isEqualTo(said(before.get(i), role -> role != Role.USER));
      assertThat(after.get(i).expectations()).isEqualTo(before.get(i).expectations());
      assertThat(said(after.get(i), Role.USER::equals)).noneMatch(String::isBlank);
    }
  }

  @Test
  void mostWordingsAreNobodys() {
    Set<String> written = new HashSet<>();
    plain().forEach(each -> written.addAll(said(each, Role.USER::equals)));

    List<String> heard =
        reworded().stream().flatMap(each -> said(each, Role.USER::equals).stream()).toList();

    assertThat(heard.stream().filter(written::contains).count()).isLessThan(heard.size() / 3);
    assertThat(new HashSet<>(heard)).hasSizeGreaterThan(heard.size() * 2 / 3);
  }

  @Test
  void threeQuartersOfAPersonsWordsAreLeft() {
    List<TrainingExample> before = plain();
    List<TrainingExample> after = reworded();
    int words = 0;
    int left = 0;
    for (int i = 0; i < MANY; i++) {
      List<String> was = said(before.get(i), Role.USER::equals);
      List<String> is = said(after.get(i), Role.USER::equals);
      for (int k = 0; k < was.size(); k++) {
        Set<String> kept = words(is.get(k)).collect(Collectors.toSet());
        List<String> own = words(was.get(k)).toList();
        words += own.size();
        left += (int) own.stream().filter(kept::contains).count();
      }
    }
    assertThat((double) left / words).isBetween(0.7, 0.85);
  }

  @Test
  void oneSeedGivesOneStream() {
    assertThat(reworded()).isEqualTo(reworded());
    assertThat(CURRICULUM.reworded(8, REFUSALS).limit(MANY).toList()).isNotEqualTo(reworded());
  }

  private static Stream<String> words(String text) {
    return Arrays.stream(text.split("\\s+"));
  }
}

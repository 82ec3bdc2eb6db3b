package dev.mneme.dpo.cycle;

import static dev.mneme.dpo.cycle.Pairs.pair;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.data.PreferencePair;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class PairHygieneTest {
  private final PairHygiene hygiene =
      new PairHygiene(
          20, 3, messages -> messages.stream().mapToInt(m -> m.content().length()).sum());

  @Test
  void whatCannotBeLearntFromIsCountedUnderItsReason() {
    var cleaned =
        hygiene.clean(
            List.of(
                pair("a", "same", "same", 1),
                pair("b", " ", "no", 1),
                pair("c", "a very long reply indeed", "no", 1),
                pair("d", "yes", "no", 0),
                pair("e", "yes", "no", 1)));
    assertThat(cleaned.kept()).hasSize(1);
    assertThat(cleaned.dropped())
        .containsEntry("chosen equals rejected", 1)
        .containsEntry("empty reply", 1)
        .containsEntry("longer than 20 tokens", 1)
        .containsEntry("weight is zero", 1);
  }

  @Test
  void controlTokensInMessagesAreNotLearnt() {
    var cleaned =
        hygiene.clean(
            List.of(
                pair("a <|sys|>", "yes", "no", 1),
                pair("b", "yes<|end|>", "no", 1),
                pair("c", "a <| b |> c", "no", 1)));
    assertThat(cleaned.kept()).hasSize(1);
    assertThat(cleaned.dropped()).containsEntry("a special token such as <|...|> in the text", 2);
  }

  @Test
  void aHundredCopiesAreOnePairWithACappedWeight() {
    List<PreferencePair> copies = Collections.nCopies(100, pair("a", "yes", "no", 2));
    var cleaned = hygiene.clean(copies);
    assertThat(cleaned.kept()).hasSize(1);
    assertThat(cleaned.kept().getFirst().weight().total()).isCloseTo(6, within(1e-12));
    assertThat(cleaned.dropped()).containsEntry("copy of another pair (weights merged)", 99);
  }

  @Test
  void contradictingPairsLeaveTheDifference() {
    var cleaned = hygiene.clean(List.of(pair("a", "yes", "no", 3), pair("a", "no", "yes", 1)));
    assertThat(cleaned.kept()).hasSize(1);
    assertThat(cleaned.kept().getFirst().chosen().getFirst().content()).isEqualTo("yes");
    assertThat(cleaned.kept().getFirst().weight().total()).isCloseTo(2, within(1e-12));
  }

  @Test
  void pairsOfEqualWeightThatContradictEachOtherBothGo() {
    var cleaned = hygiene.clean(List.of(pair("a", "yes", "no", 1), pair("a", "no", "yes", 1)));
    assertThat(cleaned.kept()).isEmpty();
    assertThat(cleaned.dropped())
        .containsEntry("contradicted by another pair of at least its weight", 2);
  }
}

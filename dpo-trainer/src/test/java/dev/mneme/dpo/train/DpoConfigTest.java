package dev.mneme.dpo.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.data.Json;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.type.TypeReference;

final class DpoConfigTest {
  private static final DpoConfig CONFIG =
      DpoConfig.defaults().toBuilder().epochs(3).pairsPerStep(16).minSteps(48).build();

  @ParameterizedTest
  @CsvSource({
    // pairs, pairs per step, passes
    "300, 16, 3",
    "256, 16, 3",
    "255, 16, 4",
    "144, 16, 6",
    "128, 16, 6",
    "64, 8, 6",
    "32, 4, 6",
    "8, 4, 6",
    "1, 4, 6",
  })
  void fewPairsGiveMoreStepsOfFewerPairs(int pairs, int perStep, int passes) {
    DpoConfig config = CONFIG.forPairs(pairs);
    assertThat(config.pairsPerStep()).isEqualTo(perStep);
    assertThat(config.epochs()).isEqualTo(passes);
    assertThat(config.toBuilder().pairsPerStep(16).epochs(3).build())
        .as("nothing else differs")
        .isEqualTo(CONFIG);
  }

  @Test
  void whoWantsNoMoreStepsOrNoPreferencePhaseHasNone() {
    DpoConfig asItIs = CONFIG.toBuilder().minSteps(0).build();
    assertThat(asItIs.forPairs(8)).isEqualTo(asItIs);
    DpoConfig supervised = CONFIG.toBuilder().epochs(0).build();
    assertThat(supervised.forPairs(8)).isEqualTo(supervised);
    DpoConfig small = CONFIG.toBuilder().pairsPerStep(2).build();
    assertThat(small.forPairs(100).pairsPerStep()).isEqualTo(2);
  }

  @Test
  void stepsAreNotNegative() {
    assertThatThrownBy(() -> CONFIG.toBuilder().minSteps(-1).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("minSteps must not be negative, got -1");
  }

  @Test
  void allWeightsAreTrainedAtAFifthOfTheRates() {
    DpoConfig low =
        CONFIG.toBuilder().loraRank(64).learningRate(2e-3).sftLearningRate(1e-3).build();
    DpoConfig all = low.withRank(0);
    assertThat(all.lora()).isNull();
    assertThat(all.learningRate()).isCloseTo(4e-4, within(1e-12));
    assertThat(all.sftLearningRate()).isCloseTo(2e-4, within(1e-12));
    assertThat(all.withRank(0)).isEqualTo(all);
    assertThat(all.withRank(8).learningRate()).isCloseTo(2e-3, within(1e-12));
    assertThat(low.withRank(8))
        .as("rates suit every rank")
        .isEqualTo(low.toBuilder().loraRank(8).build());
  }

  @Test
  void aRecordThatSaysLittleTrainedAllWeightsInAsManyStepsAsItsPairsGave() {
    DpoConfig recorded = DpoConfig.recorded(Map.of("replayFraction", 3.0, "epochs", 2));
    assertThat(recorded.lora()).isNull();
    assertThat(recorded.minSteps()).isZero();
    assertThat(recorded.replayWeight()).as("as much as replayFraction says").isEqualTo(3);
    assertThat(recorded.epochs()).isEqualTo(2);
  }

  @Test
  void aRecordOfTodayIsReadAsItWasWritten() {
    Map<String, Object> record = Json.mapper().convertValue(CONFIG, new TypeReference<>() {});
    assertThat(DpoConfig.recorded(record)).isEqualTo(CONFIG);
  }
}

package dev.mneme.preference.dialogue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.data.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SatisfactionTrainerTest {
  private static final int DIALOGUES = 2_000;
  private static final long SEED = 7;

  /** With {@code -Dgolden.update=true} the file is written anew instead. */
  @Test
  void theShippedWeightsAreWhatTheTrainerMakes() throws IOException {
    SatisfactionModel.Weights made = SatisfactionTrainer.train(DIALOGUES, SEED);
    if (Boolean.getBoolean("golden.update")) {
      Path file = Path.of("src/main/resources/dev/mneme/preference/dialogue/satisfaction.json");
      String json = Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(made);
      Files.writeString(file, json + "\n", UTF_8);
      return;
    }
    SatisfactionModel.Weights shipped = SatisfactionModel.standard().weights();
    assertThat(shipped.trainedOn()).isEqualTo(made.trainedOn());
    assertThat(shipped.intercept()).isCloseTo(made.intercept(), within(1e-9));
    assertThat(shipped.carryBack()).isCloseTo(made.carryBack(), within(1e-9));
    assertThat(shipped.carryForward()).isCloseTo(made.carryForward(), within(1e-9));
    assertThat(shipped.calibrationSlope()).isCloseTo(made.calibrationSlope(), within(1e-9));
    for (Feature feature : Feature.values()) {
      assertThat(shipped.weights().getOrDefault(feature.wireName(), Double.NaN))
          .as(feature.wireName())
          .isCloseTo(made.weights().getOrDefault(feature.wireName(), 0.0), within(1e-9));
    }
  }

  @Test
  void valuesAreCalibratedOnDialoguesTheTrainerNeverSaw() {
    var model = SatisfactionModel.standard();
    var maker = new DialogueMaker(99);
    double[] predicted = new double[10];
    double[] actual = new double[10];
    int[] count = new int[10];
    for (int i = 0; i < 1_000; i++) {
      DialogueMaker.Made made = maker.next();
      model
          .judge(made.dialogue())
          .forEach(
              (reply, satisfaction) -> {
                int bin = Math.min(9, (int) (10 * satisfaction.value()));
                predicted[bin] += satisfaction.value();
                actual[bin] += made.satisfied().getOrDefault(reply, Double.NaN);
                count[bin]++;
              });
    }
    double error = 0;
    int all = 0;
    for (int bin = 0; bin < 10; bin++) {
      error += Math.abs(predicted[bin] - actual[bin]);
      all += count[bin];
    }
    assertThat(error / all).as("expected calibration error").isLessThan(0.08);
  }

  @Test
  void theSameSeedMakesTheSameDialogues() {
    List<String> first = said(new DialogueMaker(3));
    assertThat(said(new DialogueMaker(3))).isEqualTo(first);
    assertThat(said(new DialogueMaker(4))).isNotEqualTo(first);
  }

  private static List<String> said(DialogueMaker maker) {
    var said = new ArrayList<String>();
    for (int i = 0; i < 5; i++) {
      maker.next().dialogue().utterances().forEach(each -> said.add(each.text()));
    }
    return said;
  }
}

package dev.mneme.dpo.train;

import static dev.mneme.dpo.train.Tiny.CHARACTERS;
import static dev.mneme.dpo.train.Tiny.somePairs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.data.Json;
import dev.mneme.model.TrainableModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.SerializationFeature;

/**
 * A tiny seeded run of each loss, step by step, as it was when it was last looked at. {@code
 * -Dgolden.update=true} writes the files anew: say why in the commit.
 */
class TrajectoryTest {
  @TempDir Path dir;

  /**
   * @param config of the run
   * @param env what it ran on, for people
   * @param steps what every step said
   */
  record Trajectory(DpoConfig config, String env, List<Step> steps) {}

  record Step(
      String phase,
      int step,
      double loss,
      @JsonProperty("grad_norm") double gradNorm,
      @JsonProperty("rewards/margins") double margin,
      @JsonProperty("rewards/accuracies") double accuracy,
      @JsonProperty("logps/chosen") double chosen,
      @JsonProperty("logps/rejected") double rejected,
      double kl,
      @JsonProperty("length_drift") double lengthDrift) {}

  private static DpoConfig config(String loss) {
    return DpoConfig.defaults().withLoss(loss).toBuilder()
        .rpoAlpha(loss.equals("sigmoid") ? 0.2 : 0)
        .labelSmoothing(loss.equals("robust") ? 0.1 : 0)
        .epochs(2)
        .pairsPerStep(4)
        .minSteps(0)
        .pairsPerMicroBatch(4)
        .learningRate(1e-3)
        .sftLearningRate(1e-3)
        .replayFraction(0.5)
        .replayWeight(0.5)
        .maxTokens(128)
        .loraRank(0)
        .loraAlpha(16)
        .loraTargets(List.of("all-linear"))
        .checkpointEvery(0)
        .klBudget(100)
        .build();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sigmoid",
        "robust",
        "hinge",
        "ipo",
        "sigmoid_norm",
        "simpo",
        "orpo",
        "apo_zero",
        "kto"
      })
  void everyLossGoesItsRecordedWay(String loss) throws IOException {
    List<Step> steps = new ArrayList<>();
    try (TrainableModel model = Tiny.model(dir)) {
      new DpoTrainer(model, "hash", CHARACTERS, config(loss), null, () -> 0)
          .train(
              somePairs(12),
              Tiny.someReplies(8),
              tokens -> new Rehearsal(model, Tiny.replay(200).iterator(), tokens),
              m ->
                  steps.add(
                      new Step(
                          m.phase(),
                          m.step(),
                          m.loss(),
                          m.gradNorm(),
                          m.rewardsMargins(),
                          m.rewardsAccuracies(),
                          m.logpsChosen(),
                          m.logpsRejected(),
                          m.kl(),
                          m.lengthDrift())));
    }
    String name = "trajectory-" + loss + ".json";
    if (Boolean.getBoolean("golden.update")) {
      var now = new Trajectory(config(loss), "F32 products, one thread", steps);
      Path file =
          Path.of(System.getProperty("mneme.root"), "dpo-trainer/src/test/resources")
              .resolve("dev/mneme/dpo/train")
              .resolve(name);
      var json = Json.mapper().writer().with(SerializationFeature.INDENT_OUTPUT);
      Files.writeString(file, json.writeValueAsString(now) + "\n");
      return;
    }
    Trajectory golden;
    try (InputStream in = Objects.requireNonNull(TrajectoryTest.class.getResourceAsStream(name))) {
      golden = Json.mapper().readValue(in.readAllBytes(), Trajectory.class);
    }
    assertThat(golden.config()).isEqualTo(config(loss));
    assertThat(steps).hasSameSizeAs(golden.steps());
    double drift = 0;
    for (int i = 0; i < steps.size(); i++) {
      Step now = steps.get(i);
      Step then = golden.steps().get(i);
      String where = loss + ", " + now.phase() + " step " + now.step();
      assertThat(now.phase()).isEqualTo(then.phase());
      near(where, "loss", now.loss(), then.loss());
      near(where, "grad_norm", now.gradNorm(), then.gradNorm());
      near(where, "margins", now.margin(), then.margin());
      near(where, "logps/chosen", now.chosen(), then.chosen());
      near(where, "logps/rejected", now.rejected(), then.rejected());
      near(where, "kl", now.kl(), then.kl());
      near(where, "length_drift", now.lengthDrift(), then.lengthDrift());
      drift += now.loss() - then.loss();
    }
    // Differences of rounding have no direction; a mean that is off is a change of the method.
    assertThat(drift / steps.size()).as("mean difference of %s", loss).isCloseTo(0, within(2e-3));
  }

  private static void near(String where, String what, double now, double then) {
    assertThat(now)
        .as("%s of %s", what, where)
        .isCloseTo(then, within(2e-3 + 1e-2 * Math.abs(then)));
  }
}

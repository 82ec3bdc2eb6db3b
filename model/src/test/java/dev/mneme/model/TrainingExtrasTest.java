package dev.mneme.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.model.PackedBatch.Segment;
import dev.mneme.model.checkpoint.CheckpointReader;
import dev.mneme.model.layer.Parameter;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be added to cross-entropy and to a step: further prediction, balance, QK-clip. */
final class TrainingExtrasTest {
  private static final TrainingOptions EXACT = new TrainingOptions(DType.F32, 2);
  private static final double PREDICTION = 0.3;
  private static final double BALANCE = 0.2;
  private static final double SCALE = 0.05;

  private static ModelConfig config(String name, int modules) {
    ModelConfig c = ModelConfig.read(GoldenCheckpoints.folder(name));
    return new ModelConfig(
        c.family(),
        c.vocabSize(),
        c.hiddenSize(),
        c.layers(),
        c.intermediateSize(),
        c.attention(),
        c.moe(),
        c.ropeTheta(),
        c.ropeScaling(),
        c.rmsNormEps(),
        c.maxPositions(),
        c.tieWordEmbeddings(),
        modules,
        c.initializerRange(),
        c.bosTokenId(),
        c.eosTokenIds());
  }

  private static Segment random(SplittableRandom random, int tokens, int prompt) {
    return Segment.from(prompt, random.ints(tokens, 0, 320).toArray());
  }

  private static double objective(TrainableModel model, PackedBatch batch) {
    double loss = SCALE * model.crossEntropy(batch, SCALE);
    loss += PREDICTION * SCALE * model.predictionLoss();
    return loss + BALANCE * SCALE * model.decoder().balanceLoss();
  }

  /** Sigmoid and softmax scores, two modules behind each other, segments of all lengths. */
  @ParameterizedTest
  @ValueSource(strings = {"deepseek-v3", "deepseek-v2-lite"})
  void gradientsOfWhatIsAddedAgreeWithCentralDifferences(String name) {
    SplittableRandom random = new SplittableRandom(21);
    PackedBatch batch =
        PackedBatch.of(
            random(random, 23, 1),
            random(random, 40, 6),
            random(random, 2, 1),
            random(random, 3, 1));
    TrainingOptions options = EXACT.withPrediction(PREDICTION).withSequenceBalance(BALANCE);
    int checked = 0;
    try (TrainableModel model =
        TrainableModel.initialize(config(name, 2), 5, OptimizerConfig.adamW(), options)) {
      objective(model, batch);
      assertThat(model.predictionLoss()).isGreaterThan(50);
      assertThat(model.decoder().balanceLoss()).isGreaterThan(batch.positions());
      for (Parameter p : model.decoder().parameters().list()) {
        boolean ofModule = model.config().isPredictionTensor(p.name());
        boolean router = p.role() == Parameter.Role.ROUTER;
        boolean table = p.role() == Parameter.Role.EMBEDDING || p.role() == Parameter.Role.HEAD;
        boolean expert = p.name().contains(".experts.");
        if ((!ofModule && !router && !table) || (expert && !p.name().contains("experts.1."))) {
          continue; // the rest is TrainableModelTest's
        }
        if (p.role() == Parameter.Role.ROUTER_BIAS) {
          continue;
        }
        model.decoder().parameters().gradients().zero();
        objective(model, batch);
        check(model, batch, p, random);
        checked++;
      }
    }
    assertThat(checked).isGreaterThan(25);
  }

  private static void check(
      TrainableModel model, PackedBatch batch, Parameter p, SplittableRandom random) {
    float[] gradient = model.decoder().parameters().gradient(p).toFloats();
    Tensor values = model.decoder().parameters().values(p);
    float[] before = values.toFloats();
    double norm = norm(gradient);
    assertThat(norm).as(p.name()).isPositive();
    float[] direction = new float[gradient.length];
    for (int i = 0; i < direction.length; i++) {
      direction[i] =
          (float) (gradient[i] / norm + random.nextGaussian() / Math.sqrt(direction.length));
    }
    double length = norm(direction);
    double want = 0;
    for (int i = 0; i < direction.length; i++) {
      direction[i] /= (float) length;
      want += (double) gradient[i] * direction[i];
    }
    double step = 2e-3 * Math.max(norm(before), 1e-1);
    double got = 0;
    double error = Double.MAX_VALUE;
    // A router's choice may flip within the step; then a smaller one decides.
    for (double e = step; e > step / 2000 && error > 0.02; e /= 3) {
      got =
          (moved(model, batch, values, before, direction, e)
                  - moved(model, batch, values, before, direction, -e))
              / (2 * e);
      error = Math.abs(got - want) / (Math.abs(want) + 1e-3);
    }
    values.setAll(before);
    assertThat(error)
        .as("%s: %s expected, %s by differences", p.name(), want, got)
        .isLessThan(0.02);
  }

  private static double moved(
      TrainableModel model,
      PackedBatch batch,
      Tensor values,
      float[] before,
      float[] direction,
      double e) {
    float[] moved = new float[before.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = (float) (before[i] + e * direction[i]);
    }
    values.setAll(moved);
    return objective(model, batch);
  }

  private static double norm(float[] x) {
    double sum = 0;
    for (float v : x) {
      sum += (double) v * v;
    }
    return Math.sqrt(sum);
  }

  @Test
  void aModuleLearnsTheTokenAfterTheNext() {
    SplittableRandom random = new SplittableRandom(22);
    PackedBatch batch = PackedBatch.of(random(random, 20, 1), random(random, 20, 1));
    TrainingOptions options = EXACT.withPrediction(0.3);
    try (TrainableModel model =
        TrainableModel.initialize(config("deepseek-v3", 1), 6, OptimizerConfig.adamW(), options)) {
      model.crossEntropy(batch, 1 / batch.weight());
      double first = model.predictionLoss();
      assertThat(first / (batch.weight() - 2)).as("ln 320").isCloseTo(5.77, within(0.4));
      for (int i = 0; i < 120; i++) {
        model.clipGradients(1);
        model.step(3e-3);
        model.crossEntropy(batch, 1 / batch.weight());
      }
      assertThat(model.predictionLoss()).isLessThan(first / 20);
    }
  }

  @Test
  void modulesAreSavedAsTheAuthorsNameThemAndLoadedBitForBit(@TempDir Path folder) {
    ModelConfig config = config("deepseek-v3", 1);
    TrainingOptions options = EXACT.withPrediction(0.1);
    PackedBatch batch = PackedBatch.of(random(new SplittableRandom(23), 30, 1));
    try (TrainableModel model =
        TrainableModel.initialize(config, 7, OptimizerConfig.muon(), options)) {
      model.crossEntropy(batch, 1 / batch.weight());
      model.step(1e-3);
      model.save(folder);
      double loss = model.crossEntropy(batch, 1);
      double further = model.predictionLoss();
      try (CheckpointReader saved = CheckpointReader.open(folder)) {
        assertThat(saved.hasMtp()).isTrue();
        assertThat(saved.names())
            .contains("model.layers.3.eh_proj.weight", "model.layers.3.shared_head.norm.weight");
      }
      try (TrainableModel loaded = TrainableModel.load(folder, OptimizerConfig.muon(), options)) {
        assertThat(loaded.weights()).isEqualTo(model.weights());
        assertThat(loaded.crossEntropy(batch, 1)).isEqualTo(loss);
        assertThat(loaded.predictionLoss()).isEqualTo(further);
      }
      // Untrained they are kept: fine-tuning must not lose them.
      try (TrainableModel kept = TrainableModel.load(folder, OptimizerConfig.adamW(), EXACT)) {
        kept.crossEntropy(batch, 1 / batch.weight());
        assertThat(kept.predictionLoss()).isZero();
        kept.step(1e-3);
        Parameter join = kept.decoder().parameters().named("model.layers.3.eh_proj.weight");
        assertThat(kept.decoder().parameters().values(join).toFloats())
            .isEqualTo(model.decoder().parameters().values(join).toFloats());
      }
    }
  }

  @Test
  void modulesThatAFolderLacksStartRandom(@TempDir Path folder) {
    ModelConfig config = config("deepseek-v3", 1);
    try (TrainableModel plain =
        TrainableModel.initialize(config, 8, OptimizerConfig.adamW(), EXACT)) {
      plain.save(folder);
    }
    PackedBatch batch = PackedBatch.of(random(new SplittableRandom(24), 30, 1));
    try (TrainableModel model =
        TrainableModel.load(folder, OptimizerConfig.adamW(), EXACT.withPrediction(0.3))) {
      model.crossEntropy(batch, 1);
      assertThat(model.predictionLoss() / (batch.weight() - 1)).isCloseTo(5.77, within(0.5));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"deepseek-v3", "deepseek-v2-lite", "llama-gqa"})
  void qkClipBringsTheLargestScoreDownToItsLimit(String name) {
    double tau = 2;
    PackedBatch batch = PackedBatch.of(random(new SplittableRandom(25), 60, 1));
    try (TrainableModel model =
        TrainableModel.load(
            GoldenCheckpoints.folder(name), OptimizerConfig.adamW().withQkClip(tau), EXACT)) {
      // Only the first layer's input stays as it is, so only there is the result exact.
      for (Parameter p : model.decoder().parameters().list()) {
        if (p.name().matches(".*layers\\.0\\..*(q_proj|q_b_proj).*")) {
          float[] w = model.decoder().parameters().values(p).toFloats();
          for (int i = 0; i < w.length; i++) {
            w[i] *= 30;
          }
          model.decoder().parameters().values(p).setAll(w);
        } else if (p.name().matches(".*layers\\.[1-9].*(q_proj|q_b_proj).*")) {
          model.decoder().parameters().values(p).zero();
        }
      }
      model.logProbs(batch);
      assertThat(model.decoder().largestScore()).isGreaterThan(2 * tau);
      model.step(0);
      assertThat(model.decoder().largestScore()).isZero();
      model.logProbs(batch);
      assertThat(model.decoder().largestScore()).isCloseTo(tau, within(1e-3));
      float[] clipped = model.weights();
      model.step(0);
      assertThat(model.weights())
          .as("at the limit nothing moves")
          .containsExactly(clipped, within(1e-4f));
    }
  }

  @Test
  void withoutQkClipScoresAreFree() {
    PackedBatch batch = PackedBatch.of(random(new SplittableRandom(26), 40, 1));
    try (TrainableModel model =
        TrainableModel.load(
            GoldenCheckpoints.folder("llama-gqa"), OptimizerConfig.adamW(), EXACT)) {
      float[] before = model.weights();
      model.logProbs(batch);
      model.step(0);
      assertThat(model.weights()).isEqualTo(before);
    }
  }
}

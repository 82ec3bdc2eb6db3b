package dev.mneme.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.data.Json;
import dev.mneme.model.PackedBatch.Segment;
import dev.mneme.model.checkpoint.SafetensorsFile;
import dev.mneme.model.layer.Parameter;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Numbers of the whole model: against golden logits, finite differences and itself. */
final class TrainableModelTest {
  private static final TrainingOptions EXACT = new TrainingOptions(DType.F32, 2);
  private static final TrainingOptions BF16 = new TrainingOptions(DType.BF16, 2);

  @ParameterizedTest
  @MethodSource("dev.mneme.model.GoldenCheckpoints#names")
  void logitsAreThoseOfTheAuthors(String name) throws IOException {
    Path folder = GoldenCheckpoints.folder(name);
    JsonNode ids =
        Json.mapper().readTree(Files.readString(folder.resolve("golden.json"))).get("input_ids");
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("golden.safetensors"));
        TrainableModel exact = TrainableModel.load(folder, OptimizerConfig.adamW(), EXACT);
        TrainableModel bf16 = TrainableModel.load(folder, OptimizerConfig.adamW(), BF16)) {
      float[] golden = Objects.requireNonNull(file.find("logits"), "logits").toFloats();
      int vocab = exact.config().vocabSize();
      int at = 0;
      int agree = 0;
      for (JsonNode sequence : ids) {
        int[] tokens = new int[sequence.size()];
        for (int i = 0; i < tokens.length; i++) {
          tokens[i] = sequence.get(i).intValue();
        }
        float[] logits = exact.decoder().logits(tokens);
        float[] rough = bf16.decoder().logits(tokens);
        for (int i = 0; i < logits.length; i++) {
          assertThat(logits[i]).isCloseTo(golden[at + i], within(2e-4f));
        }
        for (int t = 0; t < tokens.length; t++) {
          if (argmax(rough, t * vocab, vocab) == argmax(golden, at + t * vocab, vocab)) {
            agree++;
          }
        }
        at += logits.length;
      }
      assertThat(at).isEqualTo(golden.length);
      assertThat(agree / (double) (golden.length / vocab)).isGreaterThanOrEqualTo(0.95);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.mneme.model.GoldenCheckpoints#names")
  void withoutOneDnnNd4jsBlasGivesTheSameNumbers(String name) {
    Path folder = GoldenCheckpoints.folder(name);
    SplittableRandom random = new SplittableRandom(12);
    PackedBatch batch = PackedBatch.of(random(random, 320, 50, 3), random(random, 320, 30, 1));
    TrainingOptions blas = new TrainingOptions(DType.F32, 2, TrainingOptions.Library.BLAS);
    try (TrainableModel best = TrainableModel.load(folder, OptimizerConfig.muon(), EXACT);
        TrainableModel fallback = TrainableModel.load(folder, OptimizerConfig.muon(), blas)) {
      assertThat(fallback.decoder().compute().matMul().name()).contains("BLAS");
      double loss = best.crossEntropy(batch, 1);
      assertThat(fallback.crossEntropy(batch, 1)).isCloseTo(loss, within(1e-3 * loss));
      double norm = best.clipGradients(1);
      assertThat(fallback.clipGradients(1)).isCloseTo(norm, within(1e-3 * norm));
    }
    assertThatThrownBy(
            () ->
                TrainableModel.load(
                        folder,
                        OptimizerConfig.muon(),
                        new TrainingOptions(DType.BF16, 2, TrainingOptions.Library.BLAS))
                    .close())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("use F32");
  }

  private static int argmax(float[] values, int from, int n) {
    int best = 0;
    for (int i = 1; i < n; i++) {
      if (values[from + i] > values[from + best]) {
        best = i;
      }
    }
    return best;
  }

  private static Segment random(SplittableRandom random, int vocab, int tokens, int prompt) {
    int[] ids = new int[tokens];
    for (int i = 0; i < tokens; i++) {
      ids[i] = random.nextInt(vocab);
    }
    return Segment.from(prompt, ids);
  }

  private static ModelConfig config(String name) {
    return ModelConfig.read(GoldenCheckpoints.folder(name));
  }

  private static ModelConfig qkNorm(ModelConfig c) {
    Attention.Gqa a = (Attention.Gqa) c.attention();
    return new ModelConfig(
        c.family(),
        c.vocabSize(),
        c.hiddenSize(),
        c.layers(),
        c.intermediateSize(),
        new Attention.Gqa(a.heads(), a.kvHeads(), a.headDim(), true),
        c.moe(),
        c.ropeTheta(),
        c.ropeScaling(),
        c.rmsNormEps(),
        c.maxPositions(),
        c.tieWordEmbeddings(),
        c.mtpLayers(),
        c.initializerRange(),
        c.bosTokenId(),
        c.eosTokenIds());
  }

  @Test
  void whatCannotBeTrainedOnIsNamed() {
    try (TrainableModel model =
        TrainableModel.initialize(config("deepseek-v3"), 1, OptimizerConfig.adamW(), EXACT)) {
      assertThatThrownBy(() -> model.crossEntropy(PackedBatch.of(Segment.all(1, 320, 2)), 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("token id 320 at position 0 is outside the vocabulary; expected 0 to 319");
      assertThatThrownBy(() -> model.logProbs(PackedBatch.of(Segment.all(new int[258]))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("257 positions is longer than max_position_embeddings 256");
    }
    assertThatThrownBy(
            () ->
                TrainableModel.initialize(
                        config("deepseek-v3"),
                        1,
                        OptimizerConfig.adamW(),
                        EXACT.withPrediction(0.3))
                    .close())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("num_nextn_predict_layers is 0");
  }

  /** Every parameter of every layer kind, along a direction of its own. */
  @ParameterizedTest
  @ValueSource(strings = {"deepseek-v3", "deepseek-v2-lite", "llama-gqa", "llama-gqa qk-norm"})
  void everyGradientAgreesWithCentralDifferences(String name) {
    SplittableRandom random = new SplittableRandom(7);
    ModelConfig config = name.endsWith("qk-norm") ? qkNorm(config("llama-gqa")) : config(name);
    int vocab = config.vocabSize();
    PackedBatch batch =
        PackedBatch.of(
            random(random, vocab, 19, 1),
            random(random, vocab, 70, 5),
            random(random, vocab, 2, 1));
    try (TrainableModel model =
        name.endsWith("qk-norm")
            ? TrainableModel.initialize(config, 3, OptimizerConfig.adamW(), EXACT)
            : TrainableModel.load(GoldenCheckpoints.folder(name), OptimizerConfig.adamW(), EXACT)) {
      // A loss that weighs segments differently, negatively too, as preference losses do.
      double[] dLoss = {-0.5, 0.25, 1.5};
      model.forward(batch);
      model.backward(dLoss);
      for (Parameter p : model.decoder().parameters().list()) {
        float[] gradient = model.decoder().parameters().gradient(p).toFloats();
        Tensor values = model.decoder().parameters().values(p);
        float[] before = values.toFloats();
        if (p.role() == Parameter.Role.ROUTER_BIAS) {
          assertThat(gradient).containsOnly(0f);
          continue;
        }
        double norm = norm(gradient);
        if (norm == 0) {
          assertThat(p.name()).as("only experts that got no token").contains(".experts.");
          continue;
        }
        float[] direction = new float[gradient.length];
        for (int i = 0; i < direction.length; i++) {
          direction[i] =
              (float) (gradient[i] / norm + random.nextGaussian() / Math.sqrt(direction.length));
        }
        double want = 0;
        double length = norm(direction);
        for (int i = 0; i < direction.length; i++) {
          direction[i] /= (float) length;
          want += (double) gradient[i] * direction[i];
        }
        double step = 2e-3 * Math.max(norm(before), 1e-1);
        // A router's choice may flip within the step; then a smaller one decides.
        double got = 0;
        double error = Double.MAX_VALUE;
        for (double e = step; e > step / 2000 && error > 0.02; e /= 3) {
          double difference =
              loss(model, batch, dLoss, values, before, direction, e)
                  - loss(model, batch, dLoss, values, before, direction, -e);
          got = difference / (2 * e);
          error = Math.abs(got - want) / (Math.abs(want) + 1e-2);
        }
        values.setAll(before);
        assertThat(error)
            .as("%s: %s expected, %s by differences", p.name(), want, got)
            .isLessThan(0.02);
      }
    }
  }

  private static double loss(
      TrainableModel model,
      PackedBatch batch,
      double[] dLoss,
      Tensor values,
      float[] before,
      float[] direction,
      double e) {
    float[] moved = new float[before.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = (float) (before[i] + e * direction[i]);
    }
    values.setAll(moved);
    double[] sums = model.logProbs(batch);
    double loss = 0;
    for (int s = 0; s < sums.length; s++) {
      loss += dLoss[s] * sums[s];
    }
    return loss;
  }

  private static double norm(float[] x) {
    double sum = 0;
    for (float v : x) {
      sum += (double) v * v;
    }
    return Math.sqrt(sum);
  }

  private static float[] gradients(TrainableModel model) {
    return model.decoder().parameters().gradients().toFloats();
  }

  @ParameterizedTest
  @MethodSource("dev.mneme.model.GoldenCheckpoints#names")
  void roundedProductsPointTheGradientTheSameWay(String name) {
    SplittableRandom random = new SplittableRandom(14);
    ModelConfig config = config(name);
    PackedBatch batch = PackedBatch.of(random(random, 320, 120, 1), random(random, 320, 90, 8));
    try (TrainableModel exact =
            TrainableModel.initialize(config, 2, OptimizerConfig.adamW(), EXACT);
        TrainableModel rounded =
            TrainableModel.initialize(config, 2, OptimizerConfig.adamW(), BF16)) {
      double loss = exact.crossEntropy(batch, 1 / batch.weight());
      assertThat(rounded.crossEntropy(batch, 1 / batch.weight()))
          .isCloseTo(loss, within(2e-3 * loss));
      float[] a = gradients(exact);
      float[] b = gradients(rounded);
      double dot = 0;
      for (int i = 0; i < a.length; i++) {
        dot += (double) a[i] * b[i];
      }
      assertThat(dot / norm(a) / norm(b)).as("cosine").isGreaterThan(0.99);
      assertThat(norm(b) / norm(a)).isCloseTo(1, within(0.02));
    }
  }

  /** Experts that are all visited with equal weight are one wide dense layer, cut in slices. */
  @Test
  void aMixtureThatVisitsEveryExpertIsADenseLayer() {
    ModelConfig v3 = config("deepseek-v3");
    int experts = 4;
    int width = 28;
    Moe all =
        new Moe(experts, experts, 0, width, 1, 1, Moe.Scoring.SIGMOID, true, true, experts, 0);
    ModelConfig sparse = feedForward(v3, all, v3.intermediateSize());
    ModelConfig dense = feedForward(v3, null, experts * width);
    PackedBatch batch = PackedBatch.of(random(new SplittableRandom(3), 320, 40, 1));
    try (TrainableModel a = TrainableModel.initialize(sparse, 4, OptimizerConfig.adamW(), EXACT);
        TrainableModel b = TrainableModel.initialize(dense, 4, OptimizerConfig.adamW(), EXACT)) {
      var from = a.decoder().parameters();
      var to = b.decoder().parameters();
      for (int layer = 0; layer < v3.layers(); layer++) {
        String mlp = "model.layers." + layer + ".mlp.";
        // A router that says the same of every expert gives each the weight factor / experts = 1.
        from.values(from.named(mlp + "gate.weight")).zero();
        for (int e = 0; e < experts; e++) {
          for (String part : List.of("gate_proj", "up_proj", "down_proj")) {
            Tensor slice = from.values(from.named(mlp + "experts." + e + "." + part + ".weight"));
            Tensor whole = to.values(to.named(mlp + part + ".weight"));
            for (int r = 0; r < slice.rows(); r++) {
              for (int c = 0; c < slice.cols(); c++) {
                boolean down = part.equals("down_proj");
                long row = down ? r : (long) e * width + r;
                long column = down ? (long) e * width + c : c;
                whole.set(row * whole.cols() + column, slice.get((long) r * slice.cols() + c));
              }
            }
          }
        }
      }
      assertThat(a.logProbs(batch)[0]).isCloseTo(b.logProbs(batch)[0], within(1e-2));
    }
  }

  private static ModelConfig feedForward(ModelConfig c, @Nullable Moe moe, int width) {
    return new ModelConfig(
        c.family(),
        c.vocabSize(),
        c.hiddenSize(),
        c.layers(),
        width,
        c.attention(),
        moe,
        c.ropeTheta(),
        c.ropeScaling(),
        c.rmsNormEps(),
        c.maxPositions(),
        c.tieWordEmbeddings(),
        c.mtpLayers(),
        c.initializerRange(),
        c.bosTokenId(),
        c.eosTokenIds());
  }

  @Test
  void crossEntropyIsForwardAndBackwardInOne() {
    SplittableRandom random = new SplittableRandom(1);
    ModelConfig config = config("deepseek-v3");
    PackedBatch batch = PackedBatch.of(random(random, 320, 30, 4), random(random, 320, 12, 1));
    try (TrainableModel one = TrainableModel.initialize(config, 1, OptimizerConfig.adamW(), EXACT);
        TrainableModel two = TrainableModel.initialize(config, 1, OptimizerConfig.adamW(), EXACT)) {
      double loss = one.crossEntropy(batch, 0.5);
      double[] sums = two.forward(batch);
      two.backward(new double[] {-0.5, -0.5});
      assertThat(loss).isCloseTo(-sums[0] - sums[1], within(1e-9));
      assertThat(gradients(one)).containsExactly(gradients(two), within(1e-6f));
    }
  }

  @Test
  void distillingWhatIsCertainIsCrossEntropy() {
    SplittableRandom random = new SplittableRandom(3);
    ModelConfig config = config("deepseek-v3");
    Segment segment = random(random, 320, 30, 4);
    PackedBatch batch = PackedBatch.of(segment);
    try (TrainableModel one = TrainableModel.initialize(config, 1, OptimizerConfig.adamW(), EXACT);
        TrainableModel two = TrainableModel.initialize(config, 1, OptimizerConfig.adamW(), EXACT)) {
      double loss = one.crossEntropy(batch, 0.5);
      TopPredictions certain = TopPredictions.of(two.topPredictions(batch)).certainOf(batch);
      assertThat(two.distill(batch, certain, 0.5)).isCloseTo(loss, within(1e-4));
      assertThat(gradients(two)).containsExactly(gradients(one), within(1e-5f));
    }
  }

  @Test
  void whatAnotherModelPredictsIsTakenOverAndWhatTheModelItselfPredictsHoldsItInPlace() {
    SplittableRandom random = new SplittableRandom(8);
    ModelConfig config = config("deepseek-v3");
    PackedBatch batch = PackedBatch.of(random(random, 320, 30, 4), random(random, 320, 12, 1));
    try (TrainableModel pupil =
            TrainableModel.initialize(config, 1, OptimizerConfig.adamW(), EXACT);
        TrainableModel teacher =
            TrainableModel.load(
                GoldenCheckpoints.folder("deepseek-v3"), OptimizerConfig.adamW(), EXACT)) {
      List<TopPredictions> own = pupil.topPredictions(batch);
      assertThat(own.stream().map(TopPredictions::rows)).containsExactly(26, 11);
      assertThat(pupil.distill(batch, TopPredictions.of(own), 1)).isCloseTo(0, within(1e-4));
      assertThat(pupil.clipGradients(1)).isLessThan(1e-3);
      pupil.step(0);

      TopPredictions wanted = TopPredictions.of(teacher.topPredictions(batch));
      double scale = 1 / batch.weight();
      double first = pupil.distill(batch, wanted, scale) * scale;
      double last = first;
      for (int i = 0; i < 60; i++) {
        pupil.clipGradients(1);
        pupil.step(5e-3);
        last = pupil.distill(batch, wanted, scale) * scale;
      }
      assertThat(last).isPositive().isLessThan(0.1 * first);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"deepseek-v3", "llama-gqa"})
  void packedDocumentsDoNotSeeEachOther(String name) {
    SplittableRandom random = new SplittableRandom(2);
    Segment a = random(random, 320, 25, 1);
    Segment b = random(random, 320, 40, 3);
    Segment c = random(random, 320, 7, 1);
    try (TrainableModel model =
        TrainableModel.load(GoldenCheckpoints.folder(name), OptimizerConfig.adamW(), EXACT)) {
      double[] packed = model.logProbs(PackedBatch.of(a, b, c));
      double[] reversed = model.logProbs(PackedBatch.of(c, b, a));
      double alone = model.logProbs(PackedBatch.of(b))[0];
      assertThat(packed[1]).isCloseTo(alone, within(1e-3));
      assertThat(reversed[1]).isCloseTo(alone, within(1e-3));
      assertThat(reversed[2]).isCloseTo(packed[0], within(1e-3));
    }
  }

  @Test
  void eightMicroBatchesAreOneBatch() {
    SplittableRandom random = new SplittableRandom(4);
    List<Segment> segments =
        java.util.stream.IntStream.range(0, 8).mapToObj(_ -> random(random, 320, 20, 1)).toList();
    ModelConfig config = config("deepseek-v3");
    try (TrainableModel whole =
            TrainableModel.initialize(config, 9, OptimizerConfig.muon(), EXACT);
        TrainableModel parts =
            TrainableModel.initialize(config, 9, OptimizerConfig.muon(), EXACT)) {
      double scale = 1 / PackedBatch.of(segments).weight();
      double loss = whole.crossEntropy(PackedBatch.of(segments), scale);
      double sum = 0;
      for (Segment segment : segments) {
        sum += parts.crossEntropy(PackedBatch.of(segment), scale);
      }
      assertThat(sum).isCloseTo(loss, within(1e-2));
      assertThat(gradients(parts)).containsExactly(gradients(whole), within(1e-5f));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"MUON", "ADAMW"})
  void oneBatchIsLearnedByHeart(String kind) {
    SplittableRandom random = new SplittableRandom(5);
    PackedBatch batch = PackedBatch.of(random(random, 320, 24, 1), random(random, 320, 24, 1));
    OptimizerConfig optimizer =
        kind.equals("MUON") ? OptimizerConfig.muon() : OptimizerConfig.adamW();
    try (TrainableModel model =
        TrainableModel.initialize(config("deepseek-v3"), 5, optimizer, BF16)) {
      double first = model.crossEntropy(batch, 1 / batch.weight()) / batch.weight();
      double last = first;
      for (int i = 0; i < 150; i++) {
        model.clipGradients(1);
        model.step(5e-3);
        last = model.crossEntropy(batch, 1 / batch.weight()) / batch.weight();
      }
      assertThat(first).as("close to ln 320 = 5.77").isCloseTo(5.77, within(0.3));
      assertThat(last).isLessThan(0.1);
    }
  }

  @Test
  void theSameSeedGivesTheSameBytes() {
    SplittableRandom random = new SplittableRandom(6);
    PackedBatch batch = PackedBatch.of(random(random, 320, 90, 1), random(random, 320, 200, 1));
    float[][] runs = new float[2][];
    for (int run = 0; run < 2; run++) {
      try (TrainableModel model =
          TrainableModel.initialize(config("deepseek-v3"), 8, OptimizerConfig.muon(), BF16)) {
        for (int i = 0; i < 8; i++) {
          model.crossEntropy(batch, 1 / batch.weight());
          model.clipGradients(1);
          model.step(1e-2);
        }
        runs[run] = model.weights();
      }
    }
    assertThat(Arrays.equals(runs[0], runs[1])).isTrue();
  }

  @Test
  void trainingResumesFromFilesBitForBit(@TempDir Path folder) {
    SplittableRandom random = new SplittableRandom(6);
    PackedBatch batch = PackedBatch.of(random(random, 320, 60, 1));
    try (TrainableModel straight =
        TrainableModel.initialize(config("deepseek-v3"), 8, OptimizerConfig.muon(), BF16)) {
      train(straight, batch, 3);
      straight.save(folder);
      straight.saveOptimizer(folder.resolve("optimizer.safetensors"));
      train(straight, batch, 3);
      try (TrainableModel resumed = TrainableModel.load(folder, OptimizerConfig.muon(), BF16)) {
        resumed.loadOptimizer(folder.resolve("optimizer.safetensors"));
        assertThat(resumed.steps()).isEqualTo(3);
        train(resumed, batch, 3);
        assertThat(Arrays.equals(resumed.weights(), straight.weights())).isTrue();
      }
    }
  }

  private static void train(TrainableModel model, PackedBatch batch, int steps) {
    for (int i = 0; i < steps; i++) {
      model.crossEntropy(batch, 1 / batch.weight());
      model.clipGradients(1);
      model.step(1e-2);
    }
  }

  @Test
  void routerBiasMovesTowardsIdleExperts() {
    SplittableRandom random = new SplittableRandom(6);
    PackedBatch batch = PackedBatch.of(random(random, 320, 200, 1));
    try (TrainableModel model =
        TrainableModel.initialize(config("deepseek-v3"), 8, OptimizerConfig.muon(), EXACT)) {
      model.crossEntropy(batch, 1 / batch.weight());
      var load = model.expertLoads().get(0);
      assertThat(Arrays.stream(load.tokens()).sum()).isEqualTo(199 * 3);
      assertThat(model.maxViolation()).isGreaterThan(0);
      model.step(0);
      Parameter bias =
          model
              .decoder()
              .parameters()
              .named("model.layers." + load.layer() + ".mlp.gate.e_score_correction_bias");
      double mean = 199 * 3 / 8.0;
      for (int e = 0; e < 8; e++) {
        assertThat(model.decoder().parameters().values(bias).get(e))
            .isCloseTo((float) (1e-3 * Math.signum(mean - load.tokens()[e])), within(1e-9f));
      }
      assertThat(model.maxViolation()).as("counting starts anew").isZero();
    }
  }

  @Test
  void divergenceNamesTheTensor() {
    SplittableRandom random = new SplittableRandom(6);
    PackedBatch batch = PackedBatch.of(random(random, 320, 20, 1));
    try (TrainableModel model =
        TrainableModel.initialize(config("llama-gqa"), 8, OptimizerConfig.adamW(), EXACT)) {
      Parameter p = model.decoder().parameters().named("model.layers.1.self_attn.o_proj.weight");
      model.decoder().parameters().values(p).set(3, Float.NaN);
      assertThatThrownBy(() -> model.crossEntropy(batch, 1))
          .isInstanceOf(NonFiniteLossException.class)
          .hasMessageContaining("segment 0")
          .hasMessageContaining(p.name());
    }
  }

  @Test
  void closingFreesEverything() {
    long before = TensorScope.liveAllocations();
    try (TrainableModel model =
        TrainableModel.initialize(config("llama-gqa"), 8, OptimizerConfig.muon(), BF16)) {
      train(model, PackedBatch.of(Segment.all(1, 2, 3, 4)), 1);
      assertThat(model.memory().total()).isPositive();
    }
    assertThat(TensorScope.liveAllocations()).isEqualTo(before);
  }

  @Test
  void tokensOutsideTheVocabularyAreNamed() {
    try (TrainableModel model =
        TrainableModel.initialize(config("llama-gqa"), 8, OptimizerConfig.adamW(), EXACT)) {
      assertThatThrownBy(() -> model.logProbs(PackedBatch.of(Segment.all(1, 320, 2))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("token id 320")
          .hasMessageContaining("319");
    }
  }
}

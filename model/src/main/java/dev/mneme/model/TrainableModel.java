package dev.mneme.model;

import dev.mneme.data.Hashes;
import dev.mneme.model.checkpoint.CheckpointException;
import dev.mneme.model.checkpoint.CheckpointReader;
import dev.mneme.model.checkpoint.CheckpointWriter;
import dev.mneme.model.checkpoint.SafetensorsFile;
import dev.mneme.model.checkpoint.SafetensorsWriter;
import dev.mneme.model.checkpoint.TensorSource;
import dev.mneme.model.checkpoint.TensorView;
import dev.mneme.model.kernel.Compute;
import dev.mneme.model.kernel.Elementwise;
import dev.mneme.model.kernel.Workers;
import dev.mneme.model.layer.Decoder;
import dev.mneme.model.layer.ExpertLoad;
import dev.mneme.model.layer.Parameter;
import dev.mneme.model.layer.Parameters;
import dev.mneme.model.layer.Profile;
import dev.mneme.model.lora.LoraAdapter;
import dev.mneme.model.lora.LoraConfig;
import dev.mneme.model.optim.Optimizer;
import dev.mneme.model.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A language model that can be trained: forward, backward, optimizer.
 *
 * <p>Every loss that is a function of log-probabilities is two calls: {@link #forward} gives the
 * weighted log-probability of each segment, {@link #backward} takes the loss's derivative by each
 * of them and accumulates gradients. Cross-entropy knows its derivative beforehand and takes one
 * call, {@link #crossEntropy}, which is faster. Then {@link #clipGradients} and {@link #step}.
 *
 * <pre>{@code
 * double tokens = batches.stream().mapToDouble(PackedBatch::weight).sum();
 * for (PackedBatch batch : batches) {          // gradients of micro-batches add up
 *   loss += model.crossEntropy(batch, 1 / tokens);
 * }
 * model.clipGradients(1.0);
 * model.step(learningRate);
 * }</pre>
 *
 * <p>The same seed, batches and options give the same bytes. One thread at a time (the model uses
 * its own). Owns native memory; the caller closes.
 */
public final class TrainableModel implements AutoCloseable {
  private static final String STEPS = "steps";

  private final Compute compute;
  private final Decoder decoder;
  private final @Nullable LoraAdapter lora;
  private final Optimizer optimizer;
  private final OptimizerConfig optimizerConfig;
  private final TrainingOptions options;
  private double gradientScale = 1;
  private boolean gradientsToGather;
  private double[] weights = {};
  private PackedBatch pending = PackedBatch.of(PackedBatch.Segment.all(0, 0));

  private TrainableModel(
      ModelConfig config,
      OptimizerConfig optimizerConfig,
      TrainingOptions options,
      boolean furtherPrediction,
      @Nullable LoraConfig loraConfig) {
    if (options.predictionWeight() > 0 && config.mtpLayers() == 0) {
      throw new IllegalArgumentException(
          "multi-token prediction is to be trained and num_nextn_predict_layers is 0; expected at"
              + " least 1");
    }
    if (loraConfig != null && optimizerConfig.qkClip() > 0) {
      throw new IllegalArgumentException(
          "QK-clip scales weights that a low-rank update leaves alone; expected qkClip 0 with it");
    }
    this.optimizerConfig = optimizerConfig;
    this.options = options;
    this.compute = new Compute(options.matMul(), new Workers(options.threads()));
    try {
      this.decoder = new Decoder(config, options.products(), compute, furtherPrediction);
    } catch (RuntimeException e) {
      compute.close();
      throw e;
    }
    try {
      this.lora =
          loraConfig == null ? null : new LoraAdapter(loraConfig, decoder.parameters(), compute);
    } catch (RuntimeException e) {
      decoder.close();
      compute.close();
      throw e;
    }
    this.optimizer = new Optimizer(optimizerConfig, trained(), compute);
  }

  /** What the optimizer moves: the model's parameters, or the factors of its adapter. */
  Parameters trained() {
    return lora == null ? decoder.parameters() : lora.factors();
  }

  /**
   * A new model with seeded random weights: normal with deviation {@code 1/sqrt(columns)} for
   * matrices, divided by {@code sqrt(2 layers)} for those that write to the residual stream, and
   * {@code initializer_range} for embedding, head and router; norms are 1.
   */
  public static TrainableModel initialize(
      ModelConfig config, long seed, OptimizerConfig optimizer, TrainingOptions options) {
    TrainableModel model =
        new TrainableModel(config, optimizer, options, options.predictionWeight() > 0, null);
    List<Parameter> all = model.decoder.parameters().list();
    model.compute.workers().run(all.size(), (task, _) -> model.randomize(all.get(task), seed));
    model.decoder.parameters().round(model.compute.workers());
    return model;
  }

  /** Each parameter has a generator of its own, so order and threads do not matter. */
  private void randomize(Parameter p, long seed) {
    double deviation =
        switch (p.role()) {
          case MATRIX -> 1 / Math.sqrt(p.cols());
          case OUTPUT_MATRIX -> 1 / Math.sqrt(2.0 * config().layers() * p.cols());
          case EMBEDDING, HEAD, ROUTER -> config().initializerRange();
          case NORM, ROUTER_BIAS -> 0;
        };
    float mean = p.role() == Parameter.Role.NORM ? 1 : 0;
    SplittableRandom random = new SplittableRandom(Hashes.subSeed(seed, "weights", p.name()));
    float[] values = new float[p.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = deviation == 0 ? mean : (float) (deviation * random.nextGaussian());
    }
    decoder.parameters().values(p).setAll(values);
  }

  /**
   * The model of a checkpoint folder; optimizer state starts at zero, see {@link #loadOptimizer}.
   * Multi-token prediction modules are loaded where the folder holds them; where it does not and
   * they are to be trained, they start random.
   *
   * @throws CheckpointException naming file, tensor, found and expected
   */
  public static TrainableModel load(
      Path folder, OptimizerConfig optimizer, TrainingOptions options) {
    return load(folder, optimizer, options, null, 0);
  }

  /**
   * The model of a checkpoint folder, of which only a low-rank update is trained.
   *
   * @param lora rank and targets; null trains every weight
   * @param seed of the adapter's first values
   * @throws CheckpointException naming file, tensor, found and expected
   */
  public static TrainableModel load(
      Path folder,
      OptimizerConfig optimizer,
      TrainingOptions options,
      @Nullable LoraConfig lora,
      long seed) {
    try (CheckpointReader checkpoint = CheckpointReader.open(folder)) {
      boolean modules = checkpoint.hasMtp() || options.predictionWeight() > 0;
      TrainableModel model =
          new TrainableModel(checkpoint.config(), optimizer, options, modules, lora);
      try {
        model.read(checkpoint);
        if (model.lora != null) {
          model.lora.start(seed);
        }
        return model;
      } catch (RuntimeException e) {
        model.close();
        throw e;
      }
    }
  }

  private void read(CheckpointReader checkpoint) {
    boolean modules = checkpoint.hasMtp();
    for (Parameter p : decoder.parameters().list()) {
      if (!modules && config().isPredictionTensor(p.name())) {
        randomize(p, 0);
        continue;
      }
      checkpoint.tensor(p.name()).copyTo(decoder.parameters().values(p).segment());
    }
    decoder.parameters().round(compute.workers());
  }

  /**
   * Takes what {@link #saveTrained} wrote: weights, or the adapter's factors. The optimizer's state
   * stays, see {@link #loadOptimizer}.
   *
   * @throws CheckpointException naming file, tensor, found and expected
   */
  public void loadTrained(Path folder) {
    if (lora != null) {
      lora.load(folder);
      return;
    }
    try (CheckpointReader checkpoint = CheckpointReader.open(folder)) {
      read(checkpoint);
    }
  }

  /** Writes what training changes, and no more: all weights, or the adapter's factors. */
  public void saveTrained(Path folder) {
    if (lora == null) {
      save(folder);
    } else {
      lora.save(folder);
    }
  }

  /** The low-rank adapter that is trained; null when every weight is. */
  public @Nullable LoraAdapter lora() {
    return lora;
  }

  public ModelConfig config() {
    return decoder.config();
  }

  /** How gradients become updates. */
  public OptimizerConfig optimizerConfig() {
    return optimizerConfig;
  }

  /** The decoder behind this model: profile, parameters, memory. */
  public Decoder decoder() {
    return decoder;
  }

  /** For each segment, the sum of weight times log-probability. */
  private static double[] bySegment(PackedBatch batch, double[] logp) {
    double[] out = new double[batch.segments()];
    for (int s = 0; s < out.length; s++) {
      for (int t = batch.start(s); t < batch.start(s + 1); t++) {
        out[s] += batch.weight(t) * logp[t];
      }
    }
    return out;
  }

  /**
   * For each segment, the sum over its tokens of weight times log-probability. Keeps activations
   * for one {@link #backward}.
   *
   * @throws NonFiniteLossException if a result is not a number
   */
  public double[] forward(PackedBatch batch) {
    double[] out = bySegment(batch, decoder.logProbs(batch, true));
    pending = batch;
    weights = new double[batch.positions()];
    checkFinite(batch, out);
    return out;
  }

  /**
   * As {@link #forward}, but keeps nothing: for reference models and evaluation.
   *
   * @throws NonFiniteLossException if a result is not a number
   */
  public double[] logProbs(PackedBatch batch) {
    double[] out = bySegment(batch, decoder.logProbs(batch, false));
    checkFinite(batch, out);
    return out;
  }

  /** Log-probability of each token of weight not 0, by position of the batch; 0 elsewhere. */
  public double[] tokenLogProbs(PackedBatch batch) {
    return decoder.logProbs(batch, false);
  }

  /**
   * What the model holds likely at each position of weight not 0, for {@link #distill}. Keeps
   * nothing.
   *
   * @return for each segment, its counting positions
   */
  public List<TopPredictions> topPredictions(PackedBatch batch) {
    TopPredictions all = decoder.topPredictions(batch);
    List<TopPredictions> out = new ArrayList<>();
    int from = 0;
    for (int s = 0; s < batch.segments(); s++) {
      int to = from + batch.counting(s);
      out.add(all.slice(from, to));
      from = to;
    }
    return out;
  }

  /**
   * Accumulates the gradient of {@code scale * sum over positions of weight * KL(q || p)}, where q
   * is what another model, or this one before it was trained, predicted (knowledge distillation,
   * Hinton et al., arXiv 1503.02531, at temperature 1).
   *
   * @param q a row for each position whose weight is not 0, in the batch's order
   * @param scale usually 1 / (sum of weights over all micro-batches of this step)
   * @return the unscaled sum of weight * KL(q || p), nats
   * @throws NonFiniteLossException if it is not a number
   */
  public double distill(PackedBatch batch, TopPredictions q, double scale) {
    double[] sums = bySegment(batch, decoder.distill(batch, factors(batch, -scale), q));
    gradientsToGather = true;
    checkFinite(batch, sums);
    return Arrays.stream(sums).sum();
  }

  private static double[] factors(PackedBatch batch, double scale) {
    double[] factor = new double[batch.positions()];
    for (int t = 0; t < factor.length; t++) {
      factor[t] = scale * batch.weight(t);
    }
    return factor;
  }

  /**
   * Accumulates the gradient of a loss after {@link #forward}.
   *
   * @param dLoss for each segment, the loss's derivative by that segment's log-probability sum
   */
  public void backward(double[] dLoss) {
    if (dLoss.length != pending.segments()) {
      throw new IllegalArgumentException(
          dLoss.length
              + " derivatives for a batch of "
              + pending.segments()
              + " segments; expected one per segment of the last forward pass");
    }
    for (int s = 0; s < dLoss.length; s++) {
      for (int t = pending.start(s); t < pending.start(s + 1); t++) {
        weights[t] = dLoss[s] * pending.weight(t);
      }
    }
    decoder.backward(weights);
    gradientsToGather = true;
  }

  /**
   * Accumulates the gradient of {@code scale * sum over tokens of weight * -log-probability}, and
   * of what {@link TrainingOptions} adds to it: multi-token prediction, sequence-wise balance.
   *
   * @param scale usually 1 / (sum of weights over all micro-batches of this step)
   * @return the unscaled sum of weight * -log-probability: divide by {@link PackedBatch#weight()}
   *     for the mean loss
   * @throws NonFiniteLossException if the loss is not a number
   */
  public double crossEntropy(PackedBatch batch, double scale) {
    var extras = new Decoder.Extras(options.predictionWeight(), scale * options.sequenceBalance());
    double[] sums =
        bySegment(batch, decoder.forwardBackward(batch, factors(batch, -scale), extras));
    gradientsToGather = true;
    checkFinite(batch, sums);
    double loss = 0;
    for (double sum : sums) {
      loss -= sum;
    }
    return loss;
  }

  /**
   * As the result of the last {@link #crossEntropy}, for the tokens that multi-token prediction
   * modules predicted, averaged over modules and without its weight; 0 without modules.
   */
  public double predictionLoss() {
    return -decoder.furtherLogProb();
  }

  private void checkFinite(PackedBatch batch, double[] sums) {
    for (int s = 0; s < sums.length; s++) {
      if (!Double.isFinite(sums[s])) {
        throw new NonFiniteLossException(
            "the log-probability of segment "
                + s
                + " of "
                + batch
                + " is "
                + sums[s]
                + " after "
                + steps()
                + " steps; "
                + firstNonFinite()
                + ". Lower the learning rate and resume from the last checkpoint");
      }
    }
  }

  private String firstNonFinite() {
    for (Parameter p : decoder.parameters().list()) {
      if (!Elementwise.allFinite(decoder.parameters().values(p))) {
        return "the first parameter that is not finite is " + p.name();
      }
    }
    return "every parameter is finite, so an activation overflowed";
  }

  /**
   * Scales the accumulated gradients so that their norm is at most {@code maxNorm}.
   *
   * @return the norm before
   * @throws NonFiniteLossException if the norm is not a number
   */
  public double clipGradients(double maxNorm) {
    Profile profile = decoder.profile();
    profile.enter(Profile.Part.OPTIMIZER);
    gatherGradients();
    double norm = optimizer.gradientNorm();
    profile.enter(Profile.Part.OTHER);
    if (!Double.isFinite(norm)) {
      String name =
          trained().list().stream()
              .filter(p -> !Elementwise.allFinite(trained().gradient(p)))
              .map(Parameter::name)
              .findFirst()
              .orElse("their sum");
      throw new NonFiniteLossException(
          "the gradient norm is "
              + norm
              + " after "
              + steps()
              + " steps, first in "
              + name
              + ". Lower the learning rate and resume from the last checkpoint");
    }
    // Applied by the step that follows, which reads every gradient anyway.
    gradientScale = norm > maxNorm ? maxNorm / norm : 1;
    return norm;
  }

  /**
   * One optimizer step from the accumulated gradients, which are then zero again. Also moves the
   * router biases towards balance and starts counting expert loads anew.
   */
  public void step(double learningRate) {
    Profile profile = decoder.profile();
    profile.enter(Profile.Part.OPTIMIZER);
    gatherGradients();
    optimizer.step(learningRate, gradientScale);
    if (lora != null) {
      lora.apply();
    }
    gradientScale = 1;
    decoder.clipScores(optimizerConfig.qkClip());
    decoder.balance(optimizerConfig.routerBiasSpeed());
    profile.enter(Profile.Part.OTHER);
  }

  /** Hands gradients of the model's weights on to the adapter, where there is one. */
  void gatherGradients() {
    if (lora != null && gradientsToGather) {
      lora.pullBack();
      gradientsToGather = false;
    }
  }

  /** Makes the passes see values of {@link #trained} that were changed from outside. */
  void refresh() {
    if (lora != null) {
      lora.apply();
    } else {
      decoder.parameters().round(compute.workers());
    }
  }

  Optimizer optimizer() {
    return optimizer;
  }

  /** Looks into updates as they happen; AdamW only. The caller closes. */
  public UpdateProbe probe() {
    return new UpdateProbe(this);
  }

  /** Optimizer steps taken, those of a loaded state included. */
  public long steps() {
    return optimizer.steps();
  }

  /** Tokens per expert and layer since the last {@link #step}. */
  public List<ExpertLoad> expertLoads() {
    return decoder.loads();
  }

  /**
   * How far the busiest expert of any layer is above its layer's mean since the last {@link #step}
   * (MaxVio); ask before stepping. 0 without experts.
   */
  public double maxViolation() {
    return decoder.loads().stream().mapToDouble(ExpertLoad::maxViolation).max().orElse(0);
  }

  /** What a step needs. */
  public record Memory(long parameterBytes, long optimizerBytes, long peakActivationBytes) {
    public long total() {
      return parameterBytes + optimizerBytes + peakActivationBytes;
    }
  }

  /** Native memory: weights with rounded copy and gradients, moments, and the largest pass yet. */
  public Memory memory() {
    long parameters =
        decoder.parameters().size() * (8L + (decoder.products().bytes() == 2 ? 2 : 0));
    long optimizing = optimizer.bytes() + (lora == null ? 0 : lora.bytes());
    return new Memory(parameters, optimizing, decoder.peakActivationBytes());
  }

  /**
   * Writes config.json and model.safetensors (F32), each atomically.
   *
   * @throws CheckpointException if the disk fails
   */
  public void save(Path folder) {
    List<TensorSource> sources = new ArrayList<>();
    for (Parameter p : decoder.parameters().list()) {
      sources.add(source(p.name(), shape(p), decoder.parameters().values(p)));
    }
    CheckpointWriter.write(folder, config(), sources);
  }

  private static List<Long> shape(Parameter p) {
    return p.vector() ? List.of((long) p.cols()) : List.of((long) p.rows(), (long) p.cols());
  }

  private static TensorSource source(String name, List<Long> shape, Tensor values) {
    return TensorSource.floats(name, shape, values.segment(), dev.mneme.model.checkpoint.DType.F32);
  }

  /**
   * Writes moments and step count to one file, atomically.
   *
   * @throws CheckpointException if the disk fails
   */
  public void saveOptimizer(Path file) {
    List<TensorSource> sources = new ArrayList<>();
    for (Parameter p : trained().list()) {
      sources.add(source("first." + p.name(), shape(p), optimizer.first(p)));
      Tensor second = optimizer.second(p);
      if (second != null) {
        sources.add(source("second." + p.name(), shape(p), second));
      }
    }
    SafetensorsWriter.write(
        file,
        sources,
        Map.of(STEPS, Long.toString(steps()), "optimizer", optimizerConfig.kind().name()));
  }

  /**
   * Continues from a file of {@link #saveOptimizer}.
   *
   * @throws CheckpointException if the file is of another model or optimizer; nothing is changed
   *     then
   */
  public void loadOptimizer(Path file) {
    try (SafetensorsFile state = SafetensorsFile.open(file)) {
      String steps = state.metadata().getOrDefault(STEPS, "");
      if (!steps.matches("\\d{1,18}")) {
        throw new CheckpointException(
            file + ": steps is '" + steps + "', expected the state of an optimizer");
      }
      for (Parameter p : trained().list()) {
        view(state, file, "first." + p.name(), p);
        if (optimizer.second(p) != null) {
          view(state, file, "second." + p.name(), p);
        }
      }
      for (Parameter p : trained().list()) {
        view(state, file, "first." + p.name(), p).copyTo(optimizer.first(p).segment());
        Tensor second = optimizer.second(p);
        if (second != null) {
          view(state, file, "second." + p.name(), p).copyTo(second.segment());
        }
      }
      optimizer.resume(Long.parseLong(steps));
    }
  }

  private static TensorView view(SafetensorsFile state, Path file, String name, Parameter p) {
    TensorView view = state.find(name);
    if (view == null || !view.shape().equals(shape(p))) {
      throw new CheckpointException(
          file
              + ": tensor "
              + name
              + (view == null ? " is missing" : " has shape " + view.shape())
              + ", expected "
              + shape(p)
              + "; is this the state of another model or optimizer?");
    }
    return view;
  }

  /** All weights as one array, for comparing models. */
  public float[] weights() {
    return Arrays.copyOf(
        decoder.parameters().values().toFloats(), (int) decoder.parameters().size());
  }

  @Override
  public void close() {
    optimizer.close();
    if (lora != null) {
      lora.close();
    }
    decoder.close();
    compute.close();
  }
}

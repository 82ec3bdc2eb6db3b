package dev.mneme.model;

import java.nio.file.Path;

/**
 * A language model that can be trained: forward, backward, optimizer.
 *
 * <p>Every loss that is a function of log-probabilities is two calls: {@link #forward} gives the
 * weighted log-probability of each segment, {@link #backward} takes the loss's derivative by each
 * of them and accumulates gradients. Cross-entropy knows its derivative beforehand and takes one
 * call, {@link #crossEntropy}, which is faster. Then {@link #clipGradients} and {@link #step}.
 *
 * <p>One thread at a time. Owns native memory; the caller closes.
 */
@SuppressWarnings("DoNotCallSuggester") // bodies follow in the next change
public final class TrainableModel implements AutoCloseable {
  private TrainableModel() {}

  /** A new model with seeded random weights. */
  public static TrainableModel initialize(
      ModelConfig config, long seed, OptimizerConfig optimizer, TrainingOptions options) {
    throw new UnsupportedOperationException("lands next");
  }

  /**
   * The model of a checkpoint folder; optimizer state starts at zero, see {@link #loadOptimizer}.
   *
   * @throws dev.mneme.model.checkpoint.CheckpointException naming file, tensor, found and expected
   */
  public static TrainableModel load(
      Path folder, OptimizerConfig optimizer, TrainingOptions options) {
    throw new UnsupportedOperationException("lands next");
  }

  public ModelConfig config() {
    throw new UnsupportedOperationException("lands next");
  }

  /**
   * For each segment, the sum over its tokens of weight times log-probability. Keeps activations
   * for one {@link #backward}.
   */
  public double[] forward(PackedBatch batch) {
    throw new UnsupportedOperationException("lands next");
  }

  /** As {@link #forward}, but keeps nothing: for reference models and evaluation. */
  public double[] logProbs(PackedBatch batch) {
    throw new UnsupportedOperationException("lands next");
  }

  /**
   * Accumulates the gradient of a loss after {@link #forward}.
   *
   * @param dLoss for each segment, the loss's derivative by that segment's log-probability sum
   */
  public void backward(double[] dLoss) {
    throw new UnsupportedOperationException("lands next");
  }

  /**
   * Accumulates the gradient of {@code scale * sum over tokens of weight * -log-probability}.
   *
   * @param scale usually 1 / (sum of weights over all micro-batches of this step)
   * @return the unscaled sum of weight * -log-probability: divide by {@link PackedBatch#weight()}
   *     for the mean loss
   */
  public double crossEntropy(PackedBatch batch, double scale) {
    throw new UnsupportedOperationException("lands next");
  }

  /** Scales gradients so that their norm is at most {@code maxNorm}; returns the norm before. */
  public double clipGradients(double maxNorm) {
    throw new UnsupportedOperationException("lands next");
  }

  /** One optimizer step from the accumulated gradients, which are then zero again. */
  public void step(double learningRate) {
    throw new UnsupportedOperationException("lands next");
  }

  /** Optimizer steps taken, those of a loaded state included. */
  public long steps() {
    throw new UnsupportedOperationException("lands next");
  }

  /** Expert loads since the last {@link #step}: the largest violation over all layers. */
  public double maxViolation() {
    throw new UnsupportedOperationException("lands next");
  }

  /** Writes config.json and model.safetensors (F32), each atomically. */
  public void save(Path folder) {
    throw new UnsupportedOperationException("lands next");
  }

  /** Writes moments and step count to one file, atomically. */
  public void saveOptimizer(Path file) {
    throw new UnsupportedOperationException("lands next");
  }

  /** Continues from a file of {@link #saveOptimizer}. */
  public void loadOptimizer(Path file) {
    throw new UnsupportedOperationException("lands next");
  }

  @Override
  public void close() {}
}

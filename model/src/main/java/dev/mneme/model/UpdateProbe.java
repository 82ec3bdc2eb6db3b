package dev.mneme.model;

import dev.mneme.model.kernel.Elementwise;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import java.util.Arrays;

/**
 * Asks, after one optimizer step, how much each part of its gradient moved some log-probability.
 *
 * <p>AdamW's step is {@code -rate * m / (sqrt(v) + epsilon)}, and m is a sum of gradients: with v
 * held as it was, a part {@code g_i} of the gradient moves the log-probability of a reply y by
 * {@code -rate * grad log p(y) / (sqrt(v) + epsilon) . g_i} to first order. This is TracIn (Pruthi
 * et al., arXiv 2002.08484, eq. 3) with Adam's preconditioner as in LESS (Xia et al., arXiv
 * 2402.04333, section 3.1), except that {@code grad log p(y)} is taken halfway between the weights
 * before and after the step, which makes the sum over parts exact up to the third order in the
 * step.
 *
 * <pre>{@code
 * probe.before();
 * ... forward, backward, clipGradients, step ...
 * probe.after(reply);                          // the model now has the weights before the step
 * for (part : parts) { probe.towards(() -> { model.forward(part); model.backward(dLoss); }); }
 * probe.restore();                             // and now those after it, bit by bit
 * }</pre>
 *
 * <p>One thread at a time, the model's. Three copies of what is trained; the caller closes, before
 * the model.
 */
public final class UpdateProbe implements AutoCloseable {
  private static final int CHUNK = 1 << 20;

  private final TrainableModel model;
  private final TensorScope scope = new TensorScope();
  private final Tensor before;
  private final Tensor after;
  private final Tensor direction;

  UpdateProbe(TrainableModel model) {
    if (model.optimizerConfig().kind() != OptimizerConfig.Kind.ADAMW) {
      throw new IllegalArgumentException(
          "updates of "
              + model.optimizerConfig().kind()
              + " are not sums over gradients; only those of ADAMW can be taken apart");
    }
    this.model = model;
    long size = model.trained().size();
    before = scope.zeros(DType.F32, size);
    after = scope.zeros(DType.F32, size);
    direction = scope.zeros(DType.F32, size);
  }

  /** Remembers the weights as they are before a step. */
  public void before() {
    before.copyFrom(model.trained().values());
  }

  /**
   * What a step did to the sum of log-probabilities of a reply.
   *
   * @param logProb the sum after the step
   * @param firstOrder gradient halfway times the whole update: what a sum over parts can explain
   */
  public record Effect(double logProb, double firstOrder) {}

  /** Takes aim at a reply after a step; leaves the model at the weights before it. */
  public Effect after(PackedBatch reply) {
    Tensor values = model.trained().values();
    after.copyFrom(values);
    double logProb = sum(model.logProbs(reply));
    for (long i = 0; i < values.size(); i += CHUNK) {
      // (before + after) / 2, in place
      int n = (int) Math.min(CHUNK, values.size() - i);
      Elementwise.combine(0.5f, before.segment(), 0.5f, values.segment(), i, n);
    }
    model.refresh();
    model.trained().gradients().zero();
    double[] ones = new double[model.forward(reply).length];
    Arrays.fill(ones, 1);
    model.backward(ones);
    model.gatherGradients();
    // direction = after - before, for a moment
    direction.copyFrom(after);
    for (long i = 0; i < direction.size(); i += CHUNK) {
      int n = (int) Math.min(CHUNK, direction.size() - i);
      Elementwise.axpy(-1, before.segment(), i, direction.segment(), i, n);
    }
    double firstOrder = model.optimizer().gradientAlong(direction);
    direction.copyFrom(model.trained().gradients());
    model.optimizer().precondition(direction);
    values.copyFrom(before);
    model.refresh();
    model.trained().gradients().zero();
    return new Effect(logProb, firstOrder);
  }

  /**
   * {@code grad log p(reply) / (sqrt(v) + epsilon) . g} for the gradient g of a part of the step's
   * loss at the weights before the step.
   *
   * @param gradient accumulates g, by whatever passes of the model it takes
   */
  public double towards(Runnable gradient) {
    gradient.run();
    model.gatherGradients();
    double along = model.optimizer().gradientAlong(direction);
    model.trained().gradients().zero();
    return along;
  }

  /** The weights after the step again, as if nobody had looked. */
  public void restore() {
    model.trained().values().copyFrom(after);
    model.refresh();
    model.decoder().balance(0);
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double each : values) {
      sum += each;
    }
    return sum;
  }

  @Override
  public void close() {
    scope.close();
  }
}

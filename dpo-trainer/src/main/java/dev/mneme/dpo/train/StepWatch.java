package dev.mneme.dpo.train;

import dev.mneme.model.TrainableModel;
import java.util.List;
import java.util.function.Consumer;

/** Sees every optimizer step from both sides, with what its gradient was made of. */
interface StepWatch {
  /** What a part of a step's gradient came from. */
  enum Source {
    PAIR,
    REPLY,
    REPLAY
  }

  /**
   * One part of a step's loss.
   *
   * @param id of the pair or reply; {@code replay} for earlier supervised data
   * @param gradient accumulates its part of the step's gradient, once more
   */
  record Part(Source source, String id, Consumer<TrainableModel> gradient) {}

  /** The weights are those before the step. */
  void before();

  /**
   * The weights are those after the step, and must be so again when this returns.
   *
   * @param gradientScale what the gradient was multiplied by (clipping)
   */
  void after(double learningRate, double gradientScale, List<Part> parts);
}

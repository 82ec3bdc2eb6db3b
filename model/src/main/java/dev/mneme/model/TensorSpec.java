package dev.mneme.model;

import java.util.List;

/**
 * A tensor that a checkpoint of some configuration must hold.
 *
 * @param name Hugging Face name, for example {@code model.layers.0.self_attn.o_proj.weight}
 * @param shape sizes, outermost first; linear weights are {@code [out, in]}
 */
public record TensorSpec(String name, List<Long> shape) {
  public TensorSpec {
    shape = List.copyOf(shape);
  }

  static TensorSpec of(String name, long... shape) {
    return new TensorSpec(name, java.util.Arrays.stream(shape).boxed().toList());
  }

  /** Number of elements. */
  public long count() {
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    return count;
  }
}

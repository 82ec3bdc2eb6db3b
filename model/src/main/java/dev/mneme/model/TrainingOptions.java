package dev.mneme.model;

import dev.mneme.model.tensor.DType;

/**
 * How a {@link TrainableModel} computes.
 *
 * @param products input type of matrix products: {@link DType#BF16} (weights and sums stay F32) or
 *     {@link DType#F32}
 * @param threads threads used, the caller's included
 */
public record TrainingOptions(DType products, int threads) {
  public TrainingOptions {
    if (products != DType.F32 && products != DType.BF16) {
      throw new IllegalArgumentException("products in " + products + "; expected F32 or BF16");
    }
    if (threads < 1) {
      throw new IllegalArgumentException(threads + " threads; expected at least 1");
    }
  }

  /** BF16 products on every processor of this machine. */
  public static TrainingOptions defaults() {
    return new TrainingOptions(DType.BF16, Runtime.getRuntime().availableProcessors());
  }

  /** The same with F32 products. */
  public TrainingOptions exact() {
    return new TrainingOptions(DType.F32, threads);
  }
}

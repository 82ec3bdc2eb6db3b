package dev.mneme.model;

import dev.mneme.model.kernel.MatMul;
import dev.mneme.model.tensor.DType;

/**
 * How a {@link TrainableModel} computes.
 *
 * @param products input type of matrix products: {@link DType#BF16} (weights and sums stay F32) or
 *     {@link DType#F32}
 * @param threads threads used, the caller's included
 * @param library what multiplies matrices
 */
public record TrainingOptions(DType products, int threads, Library library) {
  /** What multiplies matrices. */
  public enum Library {
    /** oneDNN where its natives load, else ND4J's BLAS. */
    BEST,
    /** ND4J's BLAS (F32 only), as on machines where oneDNN's natives do not load. */
    BLAS
  }

  public TrainingOptions {
    if (products != DType.F32 && products != DType.BF16) {
      throw new IllegalArgumentException("products in " + products + "; expected F32 or BF16");
    }
    if (threads < 1) {
      throw new IllegalArgumentException(threads + " threads; expected at least 1");
    }
  }

  /** The best library of this machine. */
  public TrainingOptions(DType products, int threads) {
    this(products, threads, Library.BEST);
  }

  /** BF16 products where the processor has them, else F32, on every processor. */
  public static TrainingOptions defaults() {
    DType products = MatMul.best().hasNativeBf16() ? DType.BF16 : DType.F32;
    return new TrainingOptions(products, Runtime.getRuntime().availableProcessors());
  }

  /** The same with F32 products. */
  public TrainingOptions exact() {
    return new TrainingOptions(DType.F32, threads, library);
  }

  MatMul matMul() {
    return switch (library) {
      case BEST -> MatMul.best();
      case BLAS -> MatMul.blas();
    };
  }
}

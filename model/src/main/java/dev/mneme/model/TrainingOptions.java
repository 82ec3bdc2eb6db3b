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
 * @param predictionWeight lambda of the multi-token prediction loss that {@link
 *     TrainableModel#crossEntropy} adds (DeepSeek-V3, arXiv 2412.19437, section 2.2: 0.3, later
 *     0.1); 0 leaves the modules of a loaded checkpoint untrained and makes none
 * @param sequenceBalance alpha of the sequence-wise balance loss that it adds for mixtures (section
 *     2.1.2: 1e-4), averaged over tokens; 0 for none
 */
public record TrainingOptions(
    DType products, int threads, Library library, double predictionWeight, double sequenceBalance) {
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
    if (!(predictionWeight >= 0) || !(sequenceBalance >= 0)) {
      throw new IllegalArgumentException(
          "predictionWeight "
              + predictionWeight
              + " and sequenceBalance "
              + sequenceBalance
              + "; expected 0 or more");
    }
  }

  /** The best library of this machine. */
  public TrainingOptions(DType products, int threads) {
    this(products, threads, Library.BEST);
  }

  /** Cross-entropy alone, nothing added. */
  public TrainingOptions(DType products, int threads, Library library) {
    this(products, threads, library, 0, 0);
  }

  /** The same with multi-token prediction. */
  public TrainingOptions withPrediction(double weight) {
    return new TrainingOptions(products, threads, library, weight, sequenceBalance);
  }

  /** The same with the sequence-wise balance loss. */
  public TrainingOptions withSequenceBalance(double alpha) {
    return new TrainingOptions(products, threads, library, predictionWeight, alpha);
  }

  /** BF16 products where the processor has them, else F32, on every processor. */
  public static TrainingOptions defaults() {
    DType products = MatMul.best().hasNativeBf16() ? DType.BF16 : DType.F32;
    return new TrainingOptions(products, Runtime.getRuntime().availableProcessors());
  }

  /** The same with F32 products. */
  public TrainingOptions exact() {
    return new TrainingOptions(DType.F32, threads, library, predictionWeight, sequenceBalance);
  }

  MatMul matMul() {
    return switch (library) {
      case BEST -> MatMul.best();
      case BLAS -> MatMul.blas();
    };
  }
}

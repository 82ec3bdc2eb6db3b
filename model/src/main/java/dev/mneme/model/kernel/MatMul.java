package dev.mneme.model.kernel;

import dev.mneme.model.tensor.DType;

/**
 * Matrix products on strided matrices, on the calling thread.
 *
 * <p>Thread-safe: any number of threads may multiply at once as long as their results do not
 * overlap.
 */
public sealed interface MatMul permits OneDnnMatMul, BlasMatMul {

  /** How an operand is read. */
  enum Op {
    /** As stored. */
    N,
    /** Transposed. */
    T
  }

  /**
   * {@code c = opA(a) * opB(b)}, or {@code c += ...}. No other factors: oneDNN's AMX kernels know
   * none, and the fused kernels around a product scale for free.
   *
   * @param add whether the product is added to {@code c}
   */
  void multiply(Mat a, Op opA, Mat b, Op opB, Mat c, boolean add);

  /** {@code c = opA(a) * opB(b)}. */
  default void multiply(Mat a, Op opA, Mat b, Op opB, Mat c) {
    multiply(a, opA, b, opB, c, false);
  }

  /** {@code c += opA(a) * opB(b)}. */
  default void multiplyAdd(Mat a, Op opA, Mat b, Op opB, Mat c) {
    multiply(a, opA, b, opB, c, true);
  }

  /** Whether inputs of this type are multiplied natively (the result is always F32). */
  boolean supports(DType input);

  /**
   * Whether the processor multiplies BF16 itself. Where it does not, a library may emulate it,
   * slower than F32.
   */
  boolean hasNativeBf16();

  /** Library and version, for humans. */
  String name();

  /** The instruction set the library uses here, for humans. */
  String isa();

  /** oneDNN where its natives load, else ND4J's BLAS. What was chosen is asked by {@link #name}. */
  static MatMul best() {
    return Holder.BEST;
  }

  /** ND4J's BLAS, whatever else loads. */
  static MatMul blas() {
    return new BlasMatMul();
  }

  /** Lazily chosen: loading natives takes a while. */
  final class Holder {
    private static final MatMul BEST = choose();

    private Holder() {}

    private static MatMul choose() {
      OneDnnMatMul oneDnn = OneDnnMatMul.load();
      return oneDnn == null ? new BlasMatMul() : oneDnn;
    }
  }

  /** Checks shapes and types; returns the common inner dimension. */
  static int check(Mat a, Op opA, Mat b, Op opB, Mat c) {
    int m = opA == Op.N ? a.rows() : a.cols();
    int k = opA == Op.N ? a.cols() : a.rows();
    int k2 = opB == Op.N ? b.rows() : b.cols();
    int n = opB == Op.N ? b.cols() : b.rows();
    if (k != k2 || m != c.rows() || n != c.cols()) {
      throw new IllegalArgumentException(
          "cannot multiply " + a + " (" + opA + ") by " + b + " (" + opB + ") into " + c);
    }
    if (a.type() != b.type() || c.type() != DType.F32) {
      throw new IllegalArgumentException(
          "operands "
              + a
              + ", "
              + b
              + " and result "
              + c
              + ": expected two operands of one type and an F32 result");
    }
    return k;
  }
}

package dev.mneme.model.kernel;

import dev.mneme.model.tensor.DType;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas;

/**
 * Products through the BLAS that ND4J ships (OpenBLAS), called on ND4J's own buffers and without
 * ND4J's per-operation overhead. F32 only.
 */
final class BlasMatMul implements MatMul {
  BlasMatMul() {
    openblas.blas_set_num_threads(1);
  }

  @Override
  public void multiply(Mat a, Op opA, Mat b, Op opB, Mat c, boolean add) {
    int k = MatMul.check(a, opA, b, opB, c);
    if (a.type() != DType.F32) {
      throw new IllegalArgumentException(
          name() + " cannot multiply " + a.type() + "; use F32 precision on this machine");
    }
    if (c.rows() == 0 || c.cols() == 0) {
      return;
    }
    openblas.cblas_sgemm(
        openblas.CblasRowMajor,
        opA == Op.N ? openblas.CblasNoTrans : openblas.CblasTrans,
        opB == Op.N ? openblas.CblasNoTrans : openblas.CblasTrans,
        c.rows(),
        c.cols(),
        k,
        1f,
        pointer(a),
        a.stride(),
        pointer(b),
        b.stride(),
        add ? 1f : 0f,
        pointer(c),
        c.stride());
  }

  /** A JavaCPP pointer at the matrix; it frees nothing. */
  private static FloatPointer pointer(Mat mat) {
    return new FloatPointer(new At(mat.address()));
  }

  private static final class At extends Pointer {
    At(long at) {
      super((Pointer) null);
      address = at;
    }
  }

  @Override
  public boolean supports(DType input) {
    return input == DType.F32;
  }

  @Override
  public boolean hasNativeBf16() {
    return false;
  }

  @Override
  public String name() {
    return "OpenBLAS (ND4J)";
  }

  @Override
  public String isa() {
    return "chosen by OpenBLAS";
  }
}

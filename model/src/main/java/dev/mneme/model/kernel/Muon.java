package dev.mneme.model.kernel;

import dev.mneme.model.kernel.MatMul.Op;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Orthogonalisation of a matrix by five quintic Newton-Schulz steps, the heart of Muon (Jordan et
 * al. 2024): {@code X <- a X + (b A + c A^2) X} with {@code A = X X^T}, coefficients 3.4445,
 * -4.7750, 2.0315. Singular values end in about [0.7, 1.2].
 *
 * <p>Works on the smaller side: for tall matrices {@code A = X^T X} multiplies from the right, so
 * nothing is transposed. One object holds the scratch of one thread.
 */
public final class Muon {
  private static final int STEPS = 5;
  private static final float A = 3.4445f;
  private static final float B = -4.7750f;
  private static final float C = 2.0315f;

  private final MatMul matMul;
  private final DType type;
  private final Tensor x;
  private final Tensor xIn;
  private final Tensor gram;
  private final Tensor gramIn;
  private final Tensor square;

  /**
   * @param type input type of the products
   * @param largest elements of the largest matrix that will come
   * @param side the largest of their smaller sides
   */
  public Muon(MatMul matMul, DType type, Workspace workspace, int largest, int side) {
    this.matMul = matMul;
    this.type = type;
    this.x = workspace.take(DType.F32, largest);
    this.xIn = workspace.take(type, largest);
    this.gram = workspace.take(DType.F32, side * (long) side);
    this.gramIn = workspace.take(type, side * (long) side);
    this.square = workspace.take(DType.F32, side * (long) side);
  }

  /**
   * The orthogonalised Nesterov momentum of one matrix, F32 in scratch that the next call
   * overwrites. Updates the momentum.
   *
   * @param gradient from element {@code i} on
   * @param momentum likewise
   */
  public MemorySegment direction(
      MemorySegment gradient,
      MemorySegment momentum,
      long i,
      int rows,
      int cols,
      float beta,
      float gradientScale) {
    int n = rows * cols;
    MemorySegment xs = x.segment();
    nesterov(gradient, momentum, i, xs, n, beta, gradientScale);
    float norm = (float) Math.sqrt(Elementwise.sumOfSquares(xs, 0, n));
    Elementwise.scale(1 / (norm + 1e-7f), xs, 0, n);
    boolean wide = rows <= cols;
    int side = Math.min(rows, cols);
    Mat x_RC = Mat.of(x, rows, cols);
    Mat in_RC = Mat.of(xIn, rows, cols);
    Mat gram_SS = Mat.of(gram, side, side);
    Mat gramIn_SS = Mat.of(gramIn, side, side);
    for (int step = 0; step < STEPS; step++) {
      Bf16.convert(x, 0, xIn, 0, n);
      matMul.multiply(in_RC, wide ? Op.N : Op.T, in_RC, wide ? Op.T : Op.N, gram_SS);
      Bf16.convert(gram, 0, gramIn, 0, side * side);
      matMul.multiply(gramIn_SS, Op.N, gramIn_SS, Op.N, Mat.of(square, side, side));
      Elementwise.combine(B, gram.segment(), C, square.segment(), 0, side * side);
      Elementwise.scale(A, xs, 0, n);
      Bf16.convert(square, 0, gramIn, 0, side * side);
      if (wide) {
        matMul.multiply(gramIn_SS, Op.N, in_RC, Op.N, x_RC, true);
      } else {
        matMul.multiply(in_RC, Op.N, gramIn_SS, Op.N, x_RC, true);
      }
    }
    return xs;
  }

  /** Input type of the products. */
  public DType type() {
    return type;
  }

  /** m = beta m + (1 - beta) g; u = beta m + (1 - beta) g; and g = 0. */
  private static void nesterov(
      MemorySegment g, MemorySegment m, long i, MemorySegment u, int n, float beta, float scale) {
    int full = Vec.bound(n);
    float rest = (1 - beta) * scale;
    FloatVector zero = FloatVector.zero(Vec.F);
    for (int d = 0; d < full; d += Vec.LANES) {
      FloatVector grad = Vec.load(g, i + d).mul(rest);
      FloatVector next = Vec.load(m, i + d).mul(beta).add(grad);
      Vec.store(next, m, i + d);
      Vec.store(next.mul(beta).add(grad), u, d);
      Vec.store(zero, g, i + d);
    }
    if (full < n) {
      VectorMask<Float> t = Vec.tail(full, n);
      FloatVector grad = Vec.load(g, i + full, t).mul(rest);
      FloatVector next = Vec.load(m, i + full, t).mul(beta).add(grad);
      Vec.store(next, m, i + full, t);
      Vec.store(next.mul(beta).add(grad), u, full, t);
      Vec.store(zero, g, i + full, t);
    }
  }
}

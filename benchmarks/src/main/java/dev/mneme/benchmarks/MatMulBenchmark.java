package dev.mneme.benchmarks;

import dev.mneme.model.kernel.Mat;
import dev.mneme.model.kernel.MatMul;
import dev.mneme.model.kernel.MatMul.Op;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How fast is one product on one thread, at the shapes and transposes of a training step? Divide
 * {@code 2 m n k} by the time for GFLOP/s.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MatMulBenchmark {
  /** Rows x columns x inner: attention projections, experts, attention blocks, head. */
  @Param({"4096x320x128", "512x448x320", "517x320x224", "64x256x64", "32x4096x320"})
  public String shape = "";

  /** NT is a layer forward, NN its input gradient, TN its weight gradient. */
  @Param({"NT", "NN", "TN"})
  public String ops = "";

  @Param({"BF16", "F32"})
  public DType type = DType.F32;

  @Param({"best", "blas"})
  public String library = "";

  private final TensorScope scope = new TensorScope();
  private MatMul matMul = MatMul.best();
  private Op opA = Op.N;
  private Op opB = Op.N;
  private Mat a = Mat.of(scope.zeros(DType.F32, 1, 1));
  private Mat b = a;
  private Mat c = a;

  /** Makes operands and checks one element of the product. */
  @Setup
  public void fill() {
    matMul = library.equals("best") ? MatMul.best() : MatMul.blas();
    String[] sizes = shape.split("x", -1);
    int m = Integer.parseInt(sizes[0]);
    int n = Integer.parseInt(sizes[1]);
    int k = Integer.parseInt(sizes[2]);
    opA = Op.valueOf(ops.substring(0, 1));
    opB = Op.valueOf(ops.substring(1));
    a = Mat.of(random(opA == Op.N ? m : k, opA == Op.N ? k : m));
    b = Mat.of(random(opB == Op.N ? k : n, opB == Op.N ? n : k));
    c = Mat.of(scope.zeros(DType.F32, m, n));
    product();
    double want = 0;
    for (int i = 0; i < k; i++) {
      long left = opA == Op.N ? (m - 1L) * k + i : (long) i * m + m - 1;
      long right = opB == Op.N ? (long) i * n + n - 1 : (n - 1L) * k + i;
      want += a.tensor().get(left) * b.tensor().get(right);
    }
    if (Math.abs(want - c.tensor().get((long) m * n - 1)) > 1e-3) {
      throw new IllegalStateException("the product is wrong; its time means nothing");
    }
  }

  private Tensor random(int rows, int cols) {
    SplittableRandom random = new SplittableRandom(1);
    Tensor tensor = scope.zeros(type, rows, cols);
    for (long i = 0; i < tensor.size(); i++) {
      tensor.set(i, (float) random.nextDouble(-1, 1));
    }
    return tensor;
  }

  /** One product. */
  @Benchmark
  public void product() {
    matMul.multiply(a, opA, b, opB, c);
  }

  /** Frees the operands. */
  @TearDown
  public void free() {
    scope.close();
  }
}

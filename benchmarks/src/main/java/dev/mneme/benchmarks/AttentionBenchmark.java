package dev.mneme.benchmarks;

import dev.mneme.model.kernel.CausalAttention;
import dev.mneme.model.kernel.Compute;
import dev.mneme.model.kernel.Elementwise;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import dev.mneme.model.tensor.Workspace;
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
 * What does softmax attention over 4,096 packed positions cost (five heads of 64), by the length of
 * the segments they are packed from? Both passes, on all processors.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AttentionBenchmark {
  private static final int POSITIONS = 4096;
  private static final int HEADS = 5;
  private static final int WIDTH = 64;

  @Param({"64", "256", "1024"})
  public int segment = 256;

  private final TensorScope scope = new TensorScope();
  private final Workspace workspace = new Workspace();
  private final Compute compute = Compute.best(Runtime.getRuntime().availableProcessors());
  private final CausalAttention attention =
      new CausalAttention(compute, DType.BF16, HEADS, HEADS, WIDTH, WIDTH, 0.125f);
  private final SplittableRandom random = new SplittableRandom(1);
  private final Tensor q = gaussian();
  private final Tensor k = gaussian();
  private final Tensor v = gaussian();
  private final Tensor dOut = gaussian();
  private final Tensor out = scope.zeros(DType.BF16, POSITIONS, HEADS, WIDTH);
  private final Tensor lse = scope.zeros(DType.F32, HEADS, POSITIONS);
  private final Tensor dq = scope.zeros(DType.F32, POSITIONS, HEADS, WIDTH);
  private final Tensor dk = scope.zeros(DType.F32, POSITIONS, HEADS, WIDTH);
  private final Tensor dv = scope.zeros(DType.F32, POSITIONS, HEADS, WIDTH);
  private int[] starts = {};

  private Tensor gaussian() {
    Tensor tensor = scope.zeros(DType.BF16, POSITIONS, HEADS, WIDTH);
    for (long i = 0; i < tensor.size(); i++) {
      tensor.set(i, (float) random.nextGaussian());
    }
    return tensor;
  }

  /** Packs segments and fills what the backward pass needs. */
  @Setup
  public void pack() {
    starts = new int[POSITIONS / segment + 1];
    for (int s = 0; s < starts.length; s++) {
      starts[s] = s * segment;
    }
    forward();
  }

  /** Outputs and normalisers. */
  @Benchmark
  public void forward() {
    attention.forward(q, k, v, starts, out, lse, new float[HEADS], workspace);
  }

  /** Gradients of queries, keys and values. */
  @Benchmark
  public void backward() {
    attention.backward(q, k, v, starts, lse, dOut, dq, dk, dv, workspace);
  }

  /** Checks and frees. */
  @TearDown
  public void free() {
    if (!Elementwise.allFinite(dk) || !Elementwise.allFinite(lse)) {
      throw new IllegalStateException("a result is not finite; its time means nothing");
    }
    compute.close();
    workspace.close();
    scope.close();
  }
}

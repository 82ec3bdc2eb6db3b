package dev.mneme.benchmarks;

import dev.mneme.model.kernel.MatMul;
import dev.mneme.model.kernel.Muon;
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

/** What does Muon cost for one matrix on one thread? The starter has 240 of the first shape. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MuonBenchmark {
  @Param({"224x320", "320x224", "896x320", "480x64"})
  public String shape = "";

  @Param({"BF16", "F32"})
  public DType type = DType.F32;

  private final TensorScope scope = new TensorScope();
  private final Workspace workspace = new Workspace();
  private int rows = 1;
  private int cols = 1;
  private Muon muon = new Muon(MatMul.best(), DType.F32, workspace, 1, 1);
  private Tensor gradient = scope.zeros(DType.F32, 1, 1);
  private Tensor momentum = gradient;

  /** A random momentum; gradients are zero, as after the first step. */
  @Setup
  public void fill() {
    String[] sizes = shape.split("x", -1);
    rows = Integer.parseInt(sizes[0]);
    cols = Integer.parseInt(sizes[1]);
    muon = new Muon(MatMul.best(), type, workspace, rows * cols, Math.min(rows, cols));
    gradient = scope.zeros(DType.F32, rows, cols);
    momentum = scope.zeros(DType.F32, rows, cols);
    SplittableRandom random = new SplittableRandom(1);
    for (long i = 0; i < momentum.size(); i++) {
      momentum.set(i, (float) random.nextGaussian());
    }
  }

  /** One update direction. */
  @Benchmark
  public Object direction() {
    return muon.direction(gradient.segment(), momentum.segment(), 0, rows, cols, 0.999f, 1f);
  }

  /** Frees. */
  @TearDown
  public void free() {
    workspace.close();
    scope.close();
  }
}

package dev.mneme.benchmarks;

import dev.mneme.model.kernel.AdamW;
import dev.mneme.model.kernel.Bf16;
import dev.mneme.model.kernel.Elementwise;
import dev.mneme.model.kernel.RmsNorm;
import dev.mneme.model.kernel.RotaryTable;
import dev.mneme.model.kernel.Rows;
import dev.mneme.model.kernel.SoftmaxLoss;
import dev.mneme.model.kernel.SwiGlu;
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
 * What does each fused kernel cost on one thread, for 256 rows of the starter model's widths? What
 * they compute is checked by the tests of the model module; here the results only have to be
 * finite.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FusedKernelBenchmark {
  private static final int ROWS = 256;
  private static final int HIDDEN = 320;
  private static final int WIDTH = 224;
  private static final int VOCABULARY = 4096;
  private static final int HEAD = 32;

  /** What kernels write for the next product. */
  @Param({"BF16", "F32"})
  public DType type = DType.F32;

  private final TensorScope scope = new TensorScope();
  private final SplittableRandom random = new SplittableRandom(1);
  private final Tensor x = gaussian(ROWS, HIDDEN);
  private final Tensor w = gaussian(1, HIDDEN);
  private final Tensor dx = gaussian(ROWS, HIDDEN);
  private final Tensor dw = gaussian(1, HIDDEN);
  private final Tensor inv = gaussian(1, ROWS);
  private final Tensor gateUp = gaussian(ROWS, 2 * WIDTH);
  private final Tensor dAct = gaussian(ROWS, WIDTH);
  private final Tensor logits = gaussian(32, VOCABULARY);
  private final Tensor first = gaussian(ROWS, HIDDEN);
  private final Tensor second = scope.zeros(DType.F32, ROWS, HIDDEN);
  private final RotaryTable rotary =
      new RotaryTable(
          scope,
          RotaryTable.Layout.INTERLEAVED,
          HEAD,
          new float[ROWS * HEAD / 2],
          new float[ROWS * HEAD / 2]);
  private Tensor y = x;
  private Tensor act = x;
  private Tensor dGateUp = x;
  private Tensor dLogits = x;

  private Tensor gaussian(int rows, int cols) {
    Tensor tensor = scope.zeros(DType.F32, rows, cols);
    for (long i = 0; i < tensor.size(); i++) {
      tensor.set(i, (float) random.nextGaussian());
    }
    return tensor;
  }

  /** Allocates outputs of the measured type. */
  @Setup
  public void outputs() {
    y = scope.zeros(type, ROWS, HIDDEN);
    act = scope.zeros(type, ROWS, WIDTH);
    dGateUp = scope.zeros(type, ROWS, 2 * WIDTH);
    dLogits = scope.zeros(type, 32, VOCABULARY);
  }

  /** 256 rows of 320. */
  @Benchmark
  public void rmsNormForward() {
    RmsNorm.forward(Rows.of(x), w, Rows.of(y), inv, HIDDEN, 1e-6f, 0, ROWS);
  }

  /** 256 rows of 320. */
  @Benchmark
  public void rmsNormBackward() {
    RmsNorm.backward(Rows.of(x), w, inv, Rows.of(first), Rows.of(y), dw, HIDDEN, false, 0, ROWS);
  }

  /** 256 rows of 224. */
  @Benchmark
  public void swiGluForward() {
    SwiGlu.forward(gateUp, act, WIDTH, 0, ROWS);
  }

  /** 256 rows of 224, activation recomputed. */
  @Benchmark
  public void swiGluBackward() {
    SwiGlu.backward(gateUp, dAct, dGateUp, act, null, null, WIDTH, 0, ROWS);
  }

  /** 256 heads of 32. */
  @Benchmark
  public void rotation() {
    boolean bf16 = type == DType.BF16;
    for (int r = 0; r < ROWS; r++) {
      long at = (long) r * HIDDEN;
      rotary.rotate(r, x.segment(), at, bf16, y.segment(), at, false);
    }
  }

  /** Log normalisers of 32 rows of 4,096. */
  @Benchmark
  public float logSumExp() {
    float sum = 0;
    for (int r = 0; r < 32; r++) {
      sum += SoftmaxLoss.logSumExp(logits.segment(), (long) r * VOCABULARY, VOCABULARY);
    }
    return sum;
  }

  /** Gradients of 32 rows of 4,096 logits. */
  @Benchmark
  public void lossGradient() {
    for (int r = 0; r < 32; r++) {
      SoftmaxLoss.gradient(
          logits.segment(), (long) r * VOCABULARY, 9f, r, -0.01f, dLogits, VOCABULARY);
    }
  }

  /** 81,920 elements rounded (or copied). */
  @Benchmark
  public void conversion() {
    Bf16.convert(x, 0, y, 0, ROWS * HIDDEN);
  }

  /** 256 rows gathered by index. */
  @Benchmark
  public void gather() {
    for (int r = 0; r < ROWS; r++) {
      Elementwise.copyRow(x, (r * 37) % ROWS, dx, r, HIDDEN);
    }
  }

  /** 256 rows scattered by index, weighted. */
  @Benchmark
  public void scatterAdd() {
    for (int r = 0; r < ROWS; r++) {
      long from = (long) r * HIDDEN;
      long to = (long) ((r * 37) % ROWS) * HIDDEN;
      Elementwise.axpy(0.001f, x.segment(), from, dx.segment(), to, HIDDEN);
    }
  }

  /** 81,920 parameters. */
  @Benchmark
  public void adamW() {
    AdamW.Step step = AdamW.Step.of(1e-3, 0.9, 0.95, 1e-8, 1, 10);
    AdamW.update(
        dx.segment(),
        x.segment(),
        first.segment(),
        y.type() == DType.BF16 ? y.segment() : null,
        0,
        second.segment(),
        0,
        ROWS * HIDDEN,
        step,
        0.1f);
  }

  /** Checks and frees. */
  @TearDown
  public void free() {
    if (!Elementwise.allFinite(dx)) {
      throw new IllegalStateException("a result is not finite; its time means nothing");
    }
    scope.close();
  }
}

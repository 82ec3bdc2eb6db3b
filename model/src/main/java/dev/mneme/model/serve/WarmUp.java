package dev.mneme.model.serve;

import static dev.mneme.model.kernel.Vec.LANES;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.TensorScope;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;

/**
 * Gets the kernels compiled before the first prompt of a process needs them.
 *
 * <p>Vector code that is not compiled yet runs some thousand times slower, and while it runs it
 * keeps the compiler from its work twice: it takes a processor, and it has the compiler translate
 * the insides of the Vector API that nobody calls any more once the kernels themselves are
 * compiled. So the kernels are called a few times on made-up numbers, with naps between until each
 * of them has become fast, and {@linkplain #await() prompts wait} a little for that. {@code
 * jvm.options} has the compiler take kernels up after few calls; without that this does no harm and
 * little good.
 *
 * <p>Compiled code is the process's, therefore there is one of these a process ({@link #PROCESS}).
 * Thread-safe.
 */
final class WarmUp {
  /** What most prompts need: bf16 weights, f32 for routers, attention. */
  static final WarmUp PROCESS = new WarmUp(WarmUp::kernels, 20_000, 10, 300, 400);

  /** Calls between two naps: more keep others from the processor, fewer take longer to count. */
  private static final int CALLS = 25;

  /**
   * Calls on made-up numbers.
   *
   * @param loops what prompts wait for
   * @param others what takes little time even when it is slow
   */
  record Calls(List<Runnable> loops, List<Runnable> others) {}

  private final Function<TensorScope, Calls> kernels;
  private final long fastNanos;
  private final long napMillis;
  private final int mostRounds;
  private final long mostMillis;
  private final CountDownLatch ready = new CountDownLatch(1);
  private volatile boolean running;

  /**
   * @param kernels calls to make, on memory of the scope
   * @param fastNanos a call below that was compiled
   * @param mostRounds naps before a kernel is given up
   * @param mostMillis how long prompts wait, once
   */
  WarmUp(
      Function<TensorScope, Calls> kernels,
      long fastNanos,
      long napMillis,
      int mostRounds,
      long mostMillis) {
    this.kernels = kernels;
    this.fastNanos = fastNanos;
    this.napMillis = napMillis;
    this.mostRounds = mostRounds;
    this.mostMillis = mostMillis;
  }

  /** Calls each kernel until it is fast or given up. Once: later calls return at once. */
  void run() {
    synchronized (this) {
      if (running || ready.getCount() == 0) {
        return;
      }
      running = true;
    }
    try (TensorScope scope = new TensorScope()) {
      Calls calls = kernels.apply(scope);
      List<Runnable> loops = new ArrayList<>(calls.loops());
      List<Runnable> others = new ArrayList<>(calls.others());
      for (int i = 0; i < mostRounds && !(loops.isEmpty() && others.isEmpty()); i++) {
        loops.removeIf(this::isFast);
        others.removeIf(this::isFast);
        if (loops.isEmpty()) {
          ready.countDown();
        }
        Thread.sleep(napMillis);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      running = false;
      ready.countDown();
    }
  }

  private boolean isFast(Runnable kernel) {
    for (int i = 1; i < CALLS; i++) {
      kernel.run();
    }
    long began = System.nanoTime();
    kernel.run();
    return System.nanoTime() - began < fastNanos;
  }

  /**
   * Returns when nothing is being warmed up, at the latest after the agreed time; who comes after
   * that waits no more.
   */
  void await() {
    if (!running) {
      return;
    }
    try {
      if (!ready.await(mostMillis, MILLISECONDS)) {
        ready.countDown();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Calls kernels(TensorScope scope) {
    int k = 16;
    int step = 2 * LANES;
    float[] in = new float[64 * LANES];
    float[] out = new float[64 * LANES];
    MemorySegment zeros = scope.zeros(DType.F32, 256 * LANES).segment();
    List<Runnable> loops = new ArrayList<>();
    for (PanelKernel kernel : List.of(new Bf16Kernel(), new F32Kernel())) {
      long panel = kernel.panelBytes(k);
      loops.add(
          () ->
              kernel.four2(
                  zeros, 0, panel, k, in, 0, k, 2 * k, 3 * k, out, 0, step, 2 * step, 3 * step,
                  LANES));
      loops.add(() -> kernel.two2(zeros, 0, panel, k, in, 0, k, out, 0, step, LANES));
      loops.add(() -> kernel.one4(zeros, 0, panel, k, in, 0, out, 0));
    }
    loops.add(() -> Rows.scores(in, 0, step, zeros, 0, step, 5, out, 0));
    loops.add(() -> Rows.softmax(out, 0, 5, 1f));
    loops.add(() -> Rows.mix(out, 0, 5, zeros, 0, 4L * LANES, 4 * LANES, in, 0));
    List<Runnable> others =
        List.of(
            () -> Rows.rmsNorm(in, 0, out, LANES, LANES, 1e-6f, in, step),
            () -> Rows.add(in, 0, out, 0, LANES),
            () -> Rows.addScaled(in, 0, out, 0, LANES, 0),
            () -> Rows.swiGlu(in, 0, out, 0));
    return new Calls(loops, others);
  }
}

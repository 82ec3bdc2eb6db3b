package dev.mneme.model.optim;

import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.kernel.AdamW;
import dev.mneme.model.kernel.Bf16;
import dev.mneme.model.kernel.Compute;
import dev.mneme.model.kernel.Elementwise;
import dev.mneme.model.kernel.Muon;
import dev.mneme.model.layer.Parameter;
import dev.mneme.model.layer.Parameter.Role;
import dev.mneme.model.layer.Parameters;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import dev.mneme.model.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Muon for matrices inside blocks, AdamW for everything else (or for everything), see {@link
 * OptimizerConfig}. One thread at a time; the caller closes.
 */
public final class Optimizer implements AutoCloseable {
  /** Elements of one AdamW task. */
  private static final int CHUNK = 1 << 15;

  private final OptimizerConfig config;
  private final Parameters parameters;
  private final Compute compute;
  private final TensorScope scope = new TensorScope();
  private final Workspace workspace = new Workspace();
  private final Tensor first;
  private final Tensor second;
  private final Map<Parameter, Long> secondAt = new LinkedHashMap<>();
  private final List<Parameter> muon = new ArrayList<>();
  private final List<Run> runs = new ArrayList<>();
  private long steps;

  /** Consecutive elements of one parameter. */
  private record Run(long at, long second, int n, float weightDecay) {}

  public Optimizer(OptimizerConfig config, Parameters parameters, Compute compute) {
    this.config = config;
    this.parameters = parameters;
    this.compute = compute;
    long seconds = 0;
    for (Parameter p : parameters.list()) {
      if (p.role() == Role.ROUTER_BIAS) {
        continue;
      }
      if (config.kind() == OptimizerConfig.Kind.MUON && p.isBlockMatrix()) {
        muon.add(p);
        continue;
      }
      secondAt.put(p, seconds);
      float decay = p.isBlockMatrix() ? (float) config.weightDecay() : 0;
      for (int i = 0; i < p.size(); i += CHUNK) {
        int n = Math.min(CHUNK, p.size() - i);
        runs.add(new Run(p.offset() + i, seconds + i, n, decay));
      }
      seconds += (p.size() + 15L) / 16 * 16;
    }
    // The largest first: what is left for the end is small, and threads finish together.
    muon.sort(Comparator.comparingLong((Parameter p) -> -(long) p.size()));
    this.first = scope.zeros(DType.F32, parameters.size());
    this.second = scope.zeros(DType.F32, seconds);
  }

  /** Steps taken. */
  public long steps() {
    return steps;
  }

  /** Bytes of moments. */
  public long bytes() {
    return scope.bytes();
  }

  /** Norm of all gradients. */
  public double gradientNorm() {
    MemorySegment g = parameters.gradients().segment();
    long size = parameters.size();
    int tasks = Math.toIntExact((size + CHUNK - 1) / CHUNK);
    double[] sums = new double[tasks];
    compute
        .workers()
        .run(
            tasks,
            (task, _) -> {
              long at = (long) task * CHUNK;
              sums[task] = Elementwise.sumOfSquares(g, at, (int) Math.min(CHUNK, size - at));
            });
    double sum = 0;
    for (double part : sums) {
      sum += part;
    }
    return Math.sqrt(sum);
  }

  /**
   * Updates every parameter and zeroes its gradient.
   *
   * @param gradientScale what gradients are multiplied by before use
   */
  public void step(double learningRate, double gradientScale) {
    steps++;
    MemorySegment w = parameters.values().segment();
    MemorySegment g = parameters.gradients().segment();
    MemorySegment m = first.segment();
    MemorySegment v = second.segment();
    MemorySegment rounded =
        parameters.rounded().type() == DType.BF16 ? parameters.rounded().segment() : null;
    if (!muon.isEmpty()) {
      muonStep(learningRate, gradientScale, w, g, m, rounded);
    }
    AdamW.Step step =
        AdamW.Step.of(
            learningRate, config.beta1(), config.beta2(), config.epsilon(), gradientScale, steps);
    compute
        .workers()
        .run(
            runs.size(),
            (task, _) -> {
              Run run = runs.get(task);
              AdamW.update(
                  w, g, m, rounded, run.at(), v, run.second(), run.n(), step, run.weightDecay());
            });
  }

  private void muonStep(
      double learningRate,
      double gradientScale,
      MemorySegment w,
      MemorySegment g,
      MemorySegment m,
      @Nullable MemorySegment rounded) {
    workspace.reset();
    int largest = muon.stream().mapToInt(Parameter::size).max().orElse(1);
    int side = muon.stream().mapToInt(p -> Math.min(p.rows(), p.cols())).max().orElse(1);
    Muon[] scratch = new Muon[compute.workers().threads()];
    for (int i = 0; i < scratch.length; i++) {
      scratch[i] =
          new Muon(compute.matMul(), parameters.rounded().type(), workspace, largest, side);
    }
    float keep = (float) (1 - learningRate * config.weightDecay());
    compute
        .workers()
        .run(
            muon.size(),
            (task, worker) -> {
              Parameter p = muon.get(task);
              MemorySegment u =
                  scratch[worker].direction(
                      g,
                      m,
                      p.offset(),
                      p.rows(),
                      p.cols(),
                      (float) config.muonMomentum(),
                      (float) gradientScale);
              // Moonlight's factor gives the update the root mean square of AdamW's.
              double size = learningRate * 0.2 * Math.sqrt(Math.max(p.rows(), p.cols()));
              Elementwise.scale(keep, w, p.offset(), p.size());
              Elementwise.axpy((float) -size, u, 0, w, p.offset(), p.size());
              if (rounded != null) {
                Bf16.narrow(w, p.offset(), rounded, p.offset(), p.size());
              }
            });
  }

  /**
   * Divides a direction by what AdamW's update divides the first moment by, now. What AdamW does
   * not move becomes 0.
   *
   * @param direction one element per parameter element, changed in place
   * @throws IllegalStateException with Muon, whose update is no quotient
   */
  public void precondition(Tensor direction) {
    if (!muon.isEmpty()) {
      throw new IllegalStateException("Muon's update cannot be written as a preconditioned sum");
    }
    AdamW.Step step =
        AdamW.Step.of(0, config.beta1(), config.beta2(), config.epsilon(), 1, Math.max(1, steps));
    for (Parameter p : parameters.list()) {
      if (p.role() == Role.ROUTER_BIAS) {
        direction.slice(p.offset(), p.size()).zero();
      }
    }
    MemorySegment x = direction.segment();
    MemorySegment v = second.segment();
    compute
        .workers()
        .run(
            runs.size(),
            (task, _) -> {
              Run run = runs.get(task);
              AdamW.precondition(x, run.at(), v, run.second(), run.n(), step);
            });
  }

  /** Sum over all elements of the gradients times {@code direction}. */
  public double gradientAlong(Tensor direction) {
    MemorySegment g = parameters.gradients().segment();
    MemorySegment x = direction.segment();
    long size = parameters.size();
    double[] sums = new double[Math.toIntExact((size + CHUNK - 1) / CHUNK)];
    compute
        .workers()
        .run(
            sums.length,
            (task, _) -> {
              long at = (long) task * CHUNK;
              sums[task] = Elementwise.dot(g, x, at, (int) Math.min(CHUNK, size - at));
            });
    double sum = 0;
    for (double part : sums) {
      sum += part;
    }
    return sum;
  }

  /** First moment (or Muon's momentum) of one parameter. */
  public Tensor first(Parameter p) {
    return first.slice(p.offset(), p.size());
  }

  /** Second moment of one parameter, or null where Muon needs none. */
  public @Nullable Tensor second(Parameter p) {
    Long at = secondAt.get(p);
    return at == null ? null : second.slice(at, p.size());
  }

  /** Continues counting from a saved state. */
  public void resume(long steps) {
    this.steps = steps;
  }

  @Override
  public void close() {
    workspace.close();
    scope.close();
  }
}

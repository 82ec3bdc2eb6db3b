package dev.mneme.model.layer;

import dev.mneme.model.kernel.Elementwise;
import dev.mneme.model.kernel.RmsNorm;
import dev.mneme.model.kernel.Rows;
import dev.mneme.model.layer.Parameter.Role;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.Workspace;

/** An RMSNorm with its weight, over rows wherever they lie. */
final class Norm {
  private static final int GRAIN = 256;

  private final Weight weight;
  private final int width;
  private final float eps;

  Norm(Parameters parameters, String name, int width, double eps) {
    this.weight = parameters.vector(Role.NORM, name, width);
    this.width = width;
    this.eps = (float) eps;
  }

  /** Normalises {@code count} vectors of {@code x} into {@code y}; returns the reciprocal roots. */
  Tensor forward(Pass pass, Rows x, Rows y, int count) {
    Tensor inv = pass.f32(count);
    Tensor w = weight.values();
    pass.compute()
        .workers()
        .ranges(count, GRAIN, (from, to) -> RmsNorm.forward(x, w, y, inv, width, eps, from, to));
    return inv;
  }

  /** Normalises every row of {@code x} into a new tensor of the type of products. */
  Normalised forward(Pass pass, Tensor x_TD) {
    Tensor y = pass.input(x_TD.rows(), width);
    return new Normalised(y, forward(pass, Rows.of(x_TD), Rows.of(y), x_TD.rows()));
  }

  record Normalised(Tensor values, Tensor inv) {}

  /**
   * @param add whether {@code dx} is added to
   */
  void backward(Pass pass, Rows x, Tensor inv, Rows dy, Rows dx, int count, boolean add) {
    Workspace.Mark mark = pass.workspace().mark();
    int tasks = (count + GRAIN - 1) / GRAIN;
    // One partial sum per range, added in order: the result does not depend on scheduling.
    Tensor partial = pass.workspace().takeZeroed(DType.F32, tasks, width);
    Tensor w = weight.values();
    pass.compute()
        .workers()
        .run(
            tasks,
            (task, _) ->
                RmsNorm.backward(
                    x,
                    w,
                    inv,
                    dy,
                    dx,
                    partial.sliceRows(task, task + 1),
                    width,
                    add,
                    task * GRAIN,
                    Math.min(count, (task + 1) * GRAIN)));
    Tensor dw = weight.gradient();
    for (int task = 0; task < tasks; task++) {
      Elementwise.axpy(1, partial.segment(), (long) task * width, dw.segment(), 0, width);
    }
    pass.workspace().release(mark);
  }
}

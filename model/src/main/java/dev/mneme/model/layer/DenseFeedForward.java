package dev.mneme.model.layer;

import dev.mneme.model.kernel.Mat;
import dev.mneme.model.kernel.MatMul.Op;
import dev.mneme.model.kernel.SwiGlu;
import dev.mneme.model.layer.Parameter.Role;
import dev.mneme.model.tensor.Tensor;

/** A SwiGLU: {@code x += (silu(h Wg^T) * (h Wu^T)) Wd^T}. */
final class DenseFeedForward implements Sublayer {
  private final Weight gateUp_2FD;
  private final Weight down_DF;
  private final int width;

  /**
   * @param prefix for example {@code model.layers.0.mlp.}
   */
  DenseFeedForward(Parameters parameters, String prefix, int hidden, int width) {
    this.width = width;
    this.gateUp_2FD =
        parameters
            .stack(hidden)
            .add(Role.MATRIX, prefix + "gate_proj.weight", width)
            .add(Role.MATRIX, prefix + "up_proj.weight", width)
            .weight();
    this.down_DF =
        parameters.matrix(Role.OUTPUT_MATRIX, prefix + "down_proj.weight", hidden, width);
  }

  record Kept(Tensor gateUp_T2F) implements Tape {}

  @Override
  public Tape forward(Pass pass, Tensor h_TD, Tensor x_TD) {
    Tensor gateUp = pass.linear(h_TD, gateUp_2FD);
    var mark = pass.workspace().mark();
    Tensor act = pass.input(h_TD.rows(), width);
    pass.rows(h_TD.rows(), (from, to) -> SwiGlu.forward(gateUp, act, width, from, to));
    pass.linearAdd(act, down_DF, x_TD);
    pass.workspace().release(mark);
    return new Kept(gateUp);
  }

  @Override
  public Tensor backward(Pass pass, Tape tape, Tensor h_TD, Tensor g_TD) {
    Tensor gateUp = ((Kept) tape).gateUp_T2F();
    int rows = h_TD.rows();
    Tensor dh = pass.f32(rows, h_TD.cols());
    var mark = pass.workspace().mark();
    Tensor dAct = pass.linearBackward(g_TD, down_DF);
    Tensor dGateUp = pass.input(rows, 2L * width);
    Tensor act = pass.input(rows, width);
    pass.rows(
        rows,
        (from, to) -> SwiGlu.backward(gateUp, dAct, dGateUp, act, null, null, width, from, to));
    pass.accumulate(g_TD, act, down_DF);
    pass.accumulate(dGateUp, h_TD, gateUp_2FD);
    pass.compute().multiply(Mat.of(dGateUp), Op.N, gateUp_2FD.mat(), Op.N, Mat.of(dh), false);
    pass.workspace().release(mark);
    return dh;
  }

  @Override
  public Profile.Part part() {
    return Profile.Part.DENSE;
  }
}

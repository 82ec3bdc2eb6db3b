package dev.mneme.model.layer;

import dev.mneme.model.kernel.Rows;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.Workspace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Two sublayers, each behind its norm and added to the residual stream. */
record Block(Norm mixerNorm, Mixer mixer, Norm feedForwardNorm, Sublayer feedForward) {

  /** What a sublayer leaves behind for its backward pass. */
  record Done(Tensor x_TD, Tensor inv_T, Tensor h_TD, Sublayer.Tape tape) {}

  /**
   * The stream behind the block.
   *
   * @param done receives two entries for {@link #backward}; without it the stream is changed in
   *     place and temporaries are given back
   */
  Tensor forward(Pass pass, Tensor x_TD, @Nullable List<Done> done) {
    Tensor between = forward(pass, mixerNorm, mixer, x_TD, done);
    return forward(pass, feedForwardNorm, feedForward, between, done);
  }

  private static Tensor forward(
      Pass pass, Norm norm, Sublayer sublayer, Tensor x, @Nullable List<Done> done) {
    Tensor out = x;
    if (done != null) {
      // The norm's backward pass needs its input, so the sum goes to a copy.
      out = pass.f32(x.rows(), x.cols());
    }
    Workspace.Mark mark = pass.workspace().mark();
    pass.profile().enter(Profile.Part.NORMS);
    if (done != null) {
      Tensor copy = out;
      pass.rows(x.rows(), (from, to) -> copy.sliceRows(from, to).copyFrom(x.sliceRows(from, to)));
    }
    Norm.Normalised h = norm.forward(pass, x);
    pass.profile().enter(sublayer.part());
    Sublayer.Tape tape = sublayer.forward(pass, h.values(), out);
    pass.profile().enter(Profile.Part.OTHER);
    if (done == null) {
      pass.workspace().release(mark);
    } else {
      done.add(new Done(x, h.inv(), h.values(), tape));
    }
    return out;
  }

  /**
   * @param done what {@link #forward} left, the mixer's entry at {@code at}
   * @param dx_TD gradient of the stream behind the block; becomes that of the stream before it
   */
  void backward(Pass pass, List<Done> done, int at, Tensor dx_TD) {
    backward(pass, feedForwardNorm, feedForward, done.get(at + 1), dx_TD);
    backward(pass, mixerNorm, mixer, done.get(at), dx_TD);
  }

  private static void backward(Pass pass, Norm norm, Sublayer sublayer, Done done, Tensor dx) {
    Workspace.Mark mark = pass.workspace().mark();
    pass.profile().enter(sublayer.part());
    Tensor g = pass.round(dx);
    Tensor dh = sublayer.backward(pass, done.tape(), done.h_TD(), g);
    pass.profile().enter(Profile.Part.NORMS);
    norm.backward(
        pass, Rows.of(done.x_TD()), done.inv_T(), Rows.of(dh), Rows.of(dx), dx.rows(), true);
    pass.workspace().release(mark);
  }
}

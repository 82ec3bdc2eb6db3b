package dev.mneme.model.layer;

import dev.mneme.model.tensor.Tensor;

/**
 * One of the two halves of a block. Stateless apart from its weights; one pass at a time.
 *
 * <p>Everything taken from the pass's workspace during {@link #forward} stays until the caller
 * releases it, so a tape may point to it.
 */
interface Sublayer {
  /** What {@link #backward} needs to know of a forward pass. */
  interface Tape {}

  /**
   * {@code x += f(h)}.
   *
   * @param h_TD normalised input, in the type of products
   * @param x_TD residual stream, F32
   */
  Tape forward(Pass pass, Tensor h_TD, Tensor x_TD);

  /**
   * Accumulates the gradients of this sublayer's weights.
   *
   * @param h_TD the input that {@link #forward} was given
   * @param g_TD gradient of the residual stream, in the type of products
   * @return gradient of {@code h}, F32
   */
  Tensor backward(Pass pass, Tape tape, Tensor h_TD, Tensor g_TD);

  /** The part of a step that this sublayer's time belongs to. */
  Profile.Part part();
}

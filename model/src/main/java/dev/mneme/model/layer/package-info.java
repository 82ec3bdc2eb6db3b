/**
 * The decoder, forward and backward, written out by hand.
 *
 * <p>A model is an embedding, blocks of two sublayers (a mixer of positions and a feed-forward
 * network, each behind an RMSNorm and added to the residual stream), a last norm and a head. Each
 * {@link dev.mneme.model.layer.Sublayer} computes {@code x += f(h)} and, going back, the gradient
 * of {@code h} from the gradient of {@code x}; what it needs to remember in between it returns as a
 * tape. A new kind of attention or feed-forward layer is one class here and one case in {@link
 * dev.mneme.model.layer.Decoder}.
 *
 * <p>The residual stream, all sums and all gradients that leave a product are F32; only the inputs
 * of products are rounded, to the type that {@link dev.mneme.model.layer.Pass} carries. Parameters
 * live in three flat buffers (weights, their rounded copy, gradients) so that norms, updates and
 * files are loops over memory; {@link dev.mneme.model.layer.Weight} names a matrix inside them.
 *
 * <p>Shape suffixes used throughout: T positions, D hidden width, H heads, N and R and V the parts
 * of a head (no rotation, rotated, value), L latent rank, E experts, K experts per token, S slots
 * (position, expert), F feed-forward width.
 */
@NullMarked
package dev.mneme.model.layer;

import org.jspecify.annotations.NullMarked;

/**
 * Inference: from a checkpoint folder to logits, fast on a CPU.
 *
 * <p>{@link dev.mneme.model.serve.Decoder} is the whole surface. A prompt is prefilled into a
 * {@link dev.mneme.model.serve.Sequence} in matrix products over many tokens; then {@link
 * dev.mneme.model.serve.Decoder#step} adds one token to each of several sequences of different
 * lengths (continuous batching). {@link dev.mneme.model.serve.Decoder#fork} starts a sequence from
 * the front of another, so that a system prompt is computed once.
 *
 * <p>Latent attention (MLA) decodes in its absorbed form: the key expansion is folded into the
 * query and the value expansion into the output, and the cache holds one latent and one rotated key
 * per token, whatever the number of heads. A mixture-of-experts layer touches only the selected
 * experts. Weights are kept as {@link dev.mneme.model.serve.Precision} says, in memory that ND4J
 * owns; one token is memory-bound, so the kernels read bf16 or int8 directly and widen in
 * registers.
 *
 * <p>A decoder may be called from any thread; calls are served one after the other, each using all
 * the decoder's threads. What a newcomer gets wrong: a sequence belongs to its decoder and holds
 * native memory until it is closed.
 */
@NullMarked
package dev.mneme.model.serve;

import org.jspecify.annotations.NullMarked;

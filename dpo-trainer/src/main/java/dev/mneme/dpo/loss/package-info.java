/**
 * Preference losses as pure functions of sequence log-probabilities, with their gradients.
 *
 * <p>{@link dev.mneme.dpo.loss.PreferenceLoss} is the closed set of pairwise losses. No loss knows
 * a model, a batch or a weight: the trainer multiplies by a pair's weight and hands the gradient to
 * the model. Log-probabilities are sums over reply tokens in nats; losses that average divide by
 * the token counts they are given.
 */
@NullMarked
package dev.mneme.dpo.loss;

import org.jspecify.annotations.NullMarked;

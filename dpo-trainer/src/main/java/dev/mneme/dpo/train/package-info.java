/**
 * The preference trainer: reference log-probabilities once, then weighted updates, in TRL's terms.
 *
 * <p>The policy starts as the reference. A step packs whole pairs into one batch, asks the model
 * for the log-probability of each reply, evaluates a pure loss, and hands the gradient back. Prompt
 * tokens carry no loss.
 */
@NullMarked
package dev.mneme.dpo.train;

import org.jspecify.annotations.NullMarked;

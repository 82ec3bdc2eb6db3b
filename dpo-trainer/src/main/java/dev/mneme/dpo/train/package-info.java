/**
 * The preference trainer: reference log-probabilities once, then weighted updates, in TRL's terms.
 *
 * <p>The policy starts as the reference. A step packs whole pairs into one batch, asks the model
 * for the log-probability of each reply, evaluates a pure loss, and hands the gradient back. Prompt
 * tokens carry no loss. {@link dev.mneme.dpo.train.DpoTrainer} does both phases and goes on where a
 * killed run left off; {@link dev.mneme.dpo.train.ModelCandidateTrainer} is it over checkpoint
 * folders; {@link dev.mneme.dpo.train.ReplyTrace} does a run once more to say which evidence moved
 * a reply.
 *
 * <p>What a newcomer gets wrong: everything that decides the order of steps (shuffles, the
 * validation split, replay) is a function of the seed and of positions, never of a generator that
 * lives through the run. Resuming and tracing rest on it.
 */
@NullMarked
package dev.mneme.dpo.train;

import org.jspecify.annotations.NullMarked;

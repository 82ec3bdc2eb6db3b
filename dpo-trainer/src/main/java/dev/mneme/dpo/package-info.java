/**
 * From preferences to better weights, and only then to the weights people talk to.
 *
 * <p>{@link dev.mneme.dpo.loss} holds the preference losses as pure functions of log-probabilities,
 * {@link dev.mneme.dpo.train} the trainer, {@link dev.mneme.dpo.registry} the checkpoints with
 * their provenance, and {@link dev.mneme.dpo.cycle} the evolution cycle over two ports, where
 * preferences come from and who judges a candidate.
 */
@NullMarked
package dev.mneme.dpo;

import org.jspecify.annotations.NullMarked;

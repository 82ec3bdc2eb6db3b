/**
 * How sure a score is: means with bootstrap intervals, and paired comparison of two models.
 *
 * <p>Several measures of one prompt (its two turns, its instructions, its epochs) are not
 * independent, so everything here works on {@link dev.mneme.evals.stats.Cluster}s: whole prompts
 * are resampled and whole prompts change sign. {@link dev.mneme.evals.stats.ClusterMean} gives one
 * model's mean, {@link dev.mneme.evals.stats.PairedTest} two models' difference, {@link
 * dev.mneme.evals.stats.LengthControl} the win rate that is left when longer replies are not
 * favoured for being longer.
 *
 * <p>All randomness comes from a seed that the results carry, so every figure can be had again.
 * Everything is immutable or static, and thread-safe.
 */
@NullMarked
package dev.mneme.evals.stats;

import org.jspecify.annotations.NullMarked;

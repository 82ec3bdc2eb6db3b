/**
 * How well a judge of satisfaction agrees with people, on public dialogues rated turn by turn.
 *
 * <p>{@link dev.mneme.evals.satisfaction.RatedDialogues} reads the sets, {@link
 * dev.mneme.evals.satisfaction.SatisfactionEval} runs a {@link
 * dev.mneme.evals.satisfaction.SatisfactionJudge} beside the word-list floor and reports AUC, F1
 * and Spearman with bootstrap intervals over dialogues (turns of one dialogue are not independent,
 * so they are resampled together). Accuracy is not reported: most turns carry the middle rating.
 *
 * <p>Everything is immutable and thread-safe; the seed decides the intervals.
 */
@NullMarked
package dev.mneme.evals.satisfaction;

import org.jspecify.annotations.NullMarked;

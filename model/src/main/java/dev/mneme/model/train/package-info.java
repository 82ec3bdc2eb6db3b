/**
 * Supervised training: examples to batches, batches to steps, steps to a checkpoint.
 *
 * <p>{@link dev.mneme.model.train.Trainer} runs the loop over a {@link
 * dev.mneme.model.TrainableModel}. An {@link dev.mneme.model.train.ExampleSource} gives example
 * number i for every i, so the whole position in the data is one number and a resumed run goes on
 * with the very next example. {@link dev.mneme.model.train.Schedule} is a function of progress,
 * which counts steps or wall-clock time, whichever is nearer its end: a run told to take an hour
 * cools down and ends within the hour.
 *
 * <p>What a newcomer gets wrong: the loss of the first phase covers whole conversations, that of
 * the second replies only, so the two curves cannot be compared; the held-out loss always covers
 * replies only, and can.
 */
@NullMarked
package dev.mneme.model.train;

import org.jspecify.annotations.NullMarked;

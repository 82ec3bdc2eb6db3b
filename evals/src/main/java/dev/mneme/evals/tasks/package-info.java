/**
 * Tasks over files: what the curriculum taught, tool calls, multiple choice, perplexity, preference
 * pairs.
 *
 * <p>{@link dev.mneme.evals.tasks.CurriculumTask} shows a model the start of a held-out example and
 * checks its own next message. {@link dev.mneme.evals.tasks.ChoiceTask}, {@link
 * dev.mneme.evals.tasks.PerplexityTask} and {@link dev.mneme.evals.tasks.PreferenceTask} generate
 * nothing: they ask how likely the model finds given texts, and leave an item unscored where the
 * model does not tell. {@link dev.mneme.evals.tasks.Diversity} reads off a run how much its samples
 * differ.
 *
 * <p>Everything is immutable and thread-safe.
 */
@NullMarked
package dev.mneme.evals.tasks;

import org.jspecify.annotations.NullMarked;

/**
 * Evaluation: what a model can do, how sure that is, and how it compares with another.
 *
 * <p>The structure is data set, solver, scorer, log. An {@link dev.mneme.evals.EvalTask} is a list
 * of {@link dev.mneme.data.EvalItem}s, a {@link dev.mneme.evals.Solver} that puts one of them to a
 * {@link dev.mneme.agent.ChatModel}, and a {@link dev.mneme.evals.Scorer} that measures what came.
 * The {@link dev.mneme.evals.EvalRunner} runs a task and appends one {@link
 * dev.mneme.evals.EvalRecord} per item to a log; an {@link dev.mneme.evals.EvalRun} is that log
 * read back, {@link dev.mneme.evals.EvalSummary} its figures, {@link dev.mneme.evals.Comparison}
 * two runs side by side.
 *
 * <p>What a newcomer gets wrong: a {@link dev.mneme.data.Score} may be unscored. An item whose
 * model failed, whose reply is empty or whose judge gave no rating stays in the log and is counted;
 * a mean over the scored ones alone never stands without that count beside it.
 *
 * <p>The subject is whatever stands behind the {@code ChatModel} port. It is asked from many
 * threads at once, so that a local model can batch.
 */
@NullMarked
package dev.mneme.evals;

import org.jspecify.annotations.NullMarked;

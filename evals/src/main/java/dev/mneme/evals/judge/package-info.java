/**
 * Judging by another model: FastChat's MT-Bench files, read and written unchanged, and LLMBar,
 * which judges the judge.
 *
 * <p>A judge is a {@link dev.mneme.agent.ChatModel} like any other, so judging is a task whose
 * subject is the judge: {@link dev.mneme.evals.judge.MtBench} makes the tasks, {@link
 * dev.mneme.evals.judge.FastChatFiles} writes what FastChat's {@code show_result} reads, {@link
 * dev.mneme.evals.judge.LlmBar} measures how often a judge picks the better of two replies, beside
 * what "the longer one wins" would reach. No judge's grade is shown without that: {@link
 * dev.mneme.evals.judge.JudgeGate} asks for it.
 *
 * <p>A rating that is missing or outside 1 to 10 leaves the item unscored; a question file with a
 * bad line leaves that question unscored, naming file and line. Everything is immutable and
 * thread-safe.
 */
@NullMarked
package dev.mneme.evals.judge;

import org.jspecify.annotations.NullMarked;

/**
 * Our own 80 two-turn prompts, in the eight categories of MT-Bench, graded from 1 to 10 without a
 * judge.
 *
 * <p>The prompts are in the resource files beside this package, one for each category, each with a
 * reply of our own to both turns and a list of criteria that a program can check. They are sized so
 * that a model of ten million parameters can do some and a large one all of them, and they are
 * never trained on: a test compares their n-grams with the curriculum.
 *
 * <p>{@link dev.mneme.evals.ours.OurPrompts} is the task. {@code Criterion} lists what can be asked
 * of a reply, {@code Rubric} turns met and unmet criteria into a grade: what a reply says decides,
 * its form and length can cost at most three tenths, and a reply that says nothing to the point
 * gets 1 however well it is formed. Everything is immutable and thread-safe.
 */
@NullMarked
package dev.mneme.evals.ours;

import org.jspecify.annotations.NullMarked;

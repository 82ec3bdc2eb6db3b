/**
 * The four experiments that ask whether the loop works: whether it works at all, what the weights
 * of preferences are good for, what sharing a memory does, and whether people who reward bad
 * replies can spoil it.
 *
 * <p>An {@link dev.mneme.cli.experiment.Experiment} is a list of {@linkplain
 * dev.mneme.cli.experiment.Arm arms}: the same people and the same seeds under settings that differ
 * in one thing. A {@link dev.mneme.cli.experiment.Trial} is one arm with one seed. Where weights
 * learn, a trial is an ordinary simulation with real cycles among one group of people ({@code
 * guests}), and after every cycle another group ({@code newcomers}) talks with the new weights. The
 * newcomers have other names, other facts, other requests and other words for praise and complaint,
 * and their conversations go to a log of their own that no extractor reads, so what is reported is
 * about people and wording that no training has seen. They are the same people in every arm and
 * generation, which is what makes the comparisons paired.
 *
 * <p>Results are one JSON line a measurement, and a page of Markdown with plots. A run that was
 * interrupted goes on when the same command is given again.
 */
@NullMarked
package dev.mneme.cli.experiment;

import org.jspecify.annotations.NullMarked;

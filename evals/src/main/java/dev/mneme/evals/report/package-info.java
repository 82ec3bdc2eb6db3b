/**
 * Runs as people read them: a table in the terminal, Markdown for a pull request, one HTML file
 * that opens without a network, thresholds for a build.
 *
 * <p>{@link dev.mneme.evals.report.TextReport} and {@link dev.mneme.evals.report.HtmlReport} show
 * the same figures, and both keep the house's two rules: what is unscored is counted beside every
 * mean, and a judge's grade is not shown until that judge has a score on LLMBar.
 *
 * <p>Everything is immutable and thread-safe.
 */
@NullMarked
package dev.mneme.evals.report;

import org.jspecify.annotations.NullMarked;

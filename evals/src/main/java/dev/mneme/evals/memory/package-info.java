/**
 * Measures a long-term memory by what it finds: no model, no judge, no network.
 *
 * <p>A {@link dev.mneme.evals.memory.MemoryDataset} holds conversations and questions whose
 * evidence is known by turn and by session. {@link dev.mneme.evals.memory.MemoryEvaluation} lets a
 * {@link dev.mneme.evals.memory.MemoryUnderTest} remember the conversations, asks, and reports how
 * much of the evidence came back: as a fraction, any, all, reciprocal rank and nDCG, by category.
 *
 * <p>Fraction, any and all are different numbers; a report says which. Questions whose evidence
 * names no turn are left out and counted. Everything here is confined to one thread.
 */
@NullMarked
package dev.mneme.evals.memory;

import org.jspecify.annotations.NullMarked;

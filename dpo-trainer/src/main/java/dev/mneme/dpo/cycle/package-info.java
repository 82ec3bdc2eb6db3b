/**
 * The evolution cycle: snapshot, extract, ground, prefer, judge, promote or reject, record.
 *
 * <p>{@link dev.mneme.dpo.cycle.EvolutionCycle} is one plain class over ports: {@link
 * dev.mneme.dpo.cycle.PreferenceSource} gives what was learnt, {@link
 * dev.mneme.dpo.cycle.CandidateTrainer} makes a candidate of it, {@link
 * dev.mneme.dpo.cycle.PromotionGate} compares the candidate with what serves. Training never
 * promotes: promotion is a decision on numbers, taken here and written down.
 */
@NullMarked
package dev.mneme.dpo.cycle;

import org.jspecify.annotations.NullMarked;

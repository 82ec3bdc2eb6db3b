package dev.mneme.ltm;

import java.util.Map;

/**
 * The state of a store.
 *
 * @param sequence the last change
 * @param spaces owners with a memory
 * @param sessions their sessions
 * @param turns turns that are not forgotten
 * @param forgotten turns that are
 * @param facts facts by status
 * @param signals judgements
 * @param pairs preference pairs
 * @param bytes size on disk of {@code ledger}, {@code journal}, {@code index} and of the turns'
 *     {@code text}
 * @param bytesPerTurn all files less the text, for each turn
 * @param junkRate share of turns that repeat recalled text or say next to nothing
 * @param duplicateRate share of turns that say what an earlier one of the same owner says
 * @param supersededRate share of facts that another took over from, or that ended
 */
public record MemoryStats(
    long sequence,
    long spaces,
    long sessions,
    long turns,
    long forgotten,
    Map<String, Long> facts,
    long signals,
    long pairs,
    Map<String, Long> bytes,
    double bytesPerTurn,
    double junkRate,
    double duplicateRate,
    double supersededRate) {}

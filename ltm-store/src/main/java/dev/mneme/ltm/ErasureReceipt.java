package dev.mneme.ltm;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What an erasure removed, and what a search for it then found.
 *
 * @param subject salted hash of tenant and user: proves the person was erased without naming them
 * @param salt its salt
 * @param at when
 * @param sequence the change that marks it
 * @param turns turns removed, forgotten ones too
 * @param facts versions of facts removed
 * @param signals judgements removed
 * @param pairs preference pairs removed
 * @param elsewhere things removed outside the store, by who holds them
 * @param checkpoints models that were trained on what was removed; they still carry its influence
 *     and should be retrained or withdrawn
 * @param left what a search found afterwards, by place; all zero
 */
public record ErasureReceipt(
    String subject,
    String salt,
    Instant at,
    long sequence,
    int turns,
    int facts,
    int signals,
    int pairs,
    Map<String, Integer> elsewhere,
    List<String> checkpoints,
    Map<String, Long> left) {}

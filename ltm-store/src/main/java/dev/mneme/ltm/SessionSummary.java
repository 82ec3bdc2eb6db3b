package dev.mneme.ltm;

import dev.mneme.data.Scope;
import java.time.Instant;

/**
 * A session in a list.
 *
 * @param scope which session
 * @param turns turns that are not forgotten
 * @param firstAt when its first turn was said
 * @param lastAt when its last turn was said
 * @param opening the beginning of its first turn by a person, at most 80 characters
 */
public record SessionSummary(
    Scope scope, int turns, Instant firstAt, Instant lastAt, String opening) {}

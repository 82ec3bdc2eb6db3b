package dev.mneme.ltm;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Scope;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A question to the memory.
 *
 * @param scope who asks; nothing outside what this scope may see is ever returned
 * @param text the question, in plain words; no query syntax
 * @param limit the most memories wanted, 1 to 1,000
 * @param granularity whether turns or whole sessions are wanted
 * @param reach how far around the scope to look
 * @param collections shared collections to search too; each needs a grant to the scope's user
 * @param from only memories said at or after this; null for no bound
 * @param to only memories said before this; null for no bound
 * @param asOf the memory as it stood then: later turns, facts and deletions are not seen; null for
 *     now
 * @param tokenBudget stop before the texts exceed this many tokens (estimated); 0 for no bound
 * @param exclude turn ids not wanted, for example those already in the prompt
 * @param now the moment that words like "yesterday" refer to; null for the store's clock
 */
public record MemoryQuery(
    Scope scope,
    String text,
    int limit,
    Granularity granularity,
    Reach reach,
    List<String> collections,
    @Nullable Instant from,
    @Nullable Instant to,
    @Nullable Instant asOf,
    int tokenBudget,
    Set<String> exclude,
    @Nullable Instant now) {
  public MemoryQuery {
    requireNonNull(scope, "scope is null");
    requireNonNull(text, "text is null");
    requireNonNull(granularity, "granularity is null");
    requireNonNull(reach, "reach is null");
    collections = List.copyOf(collections);
    exclude = Set.copyOf(exclude);
    if (limit < 1 || limit > 1000) {
      throw new IllegalArgumentException("limit must be 1 to 1000, got " + limit);
    }
    if (tokenBudget < 0) {
      throw new IllegalArgumentException(
          "tokenBudget must be 0 (no bound) or more, got " + tokenBudget);
    }
    if (from != null && to != null && !from.isBefore(to)) {
      throw new IllegalArgumentException("from " + from + " is not before to " + to);
    }
  }

  /** What one hit is. */
  public enum Granularity {
    TURN,
    SESSION
  }

  /** How far around the scope to look. */
  public enum Reach {
    /** This session only. */
    SESSION,
    /** All sessions of this user with this agent. */
    AGENT,
    /** All agents of this user. */
    USER
  }

  /** The usual question: turns of this user with this agent. */
  public static MemoryQuery of(Scope scope, String text, int limit) {
    return new MemoryQuery(
        scope,
        text,
        limit,
        Granularity.TURN,
        Reach.AGENT,
        List.of(),
        null,
        null,
        null,
        0,
        Set.of(),
        null);
  }

  public MemoryQuery withGranularity(Granularity wanted) {
    return new MemoryQuery(
        scope, text, limit, wanted, reach, collections, from, to, asOf, tokenBudget, exclude, now);
  }

  public MemoryQuery withReach(Reach wanted) {
    return new MemoryQuery(
        scope,
        text,
        limit,
        granularity,
        wanted,
        collections,
        from,
        to,
        asOf,
        tokenBudget,
        exclude,
        now);
  }

  public MemoryQuery withCollections(List<String> wanted) {
    return new MemoryQuery(
        scope, text, limit, granularity, reach, wanted, from, to, asOf, tokenBudget, exclude, now);
  }

  public MemoryQuery between(@Nullable Instant newFrom, @Nullable Instant newTo) {
    return new MemoryQuery(
        scope,
        text,
        limit,
        granularity,
        reach,
        collections,
        newFrom,
        newTo,
        asOf,
        tokenBudget,
        exclude,
        now);
  }

  public MemoryQuery withAsOf(Instant then) {
    return new MemoryQuery(
        scope,
        text,
        limit,
        granularity,
        reach,
        collections,
        from,
        to,
        then,
        tokenBudget,
        exclude,
        now);
  }

  public MemoryQuery withTokenBudget(int tokens) {
    return new MemoryQuery(
        scope, text, limit, granularity, reach, collections, from, to, asOf, tokens, exclude, now);
  }

  public MemoryQuery without(Set<String> turnIds) {
    return new MemoryQuery(
        scope,
        text,
        limit,
        granularity,
        reach,
        collections,
        from,
        to,
        asOf,
        tokenBudget,
        turnIds,
        now);
  }

  public MemoryQuery asking(Instant moment) {
    return new MemoryQuery(
        scope,
        text,
        limit,
        granularity,
        reach,
        collections,
        from,
        to,
        asOf,
        tokenBudget,
        exclude,
        moment);
  }
}

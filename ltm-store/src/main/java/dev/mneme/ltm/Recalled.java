package dev.mneme.ltm;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.MemoryBlock;
import dev.mneme.data.Role;
import dev.mneme.data.Scope;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A memory found for a question. Its text is somebody's words, to be quoted as data and never
 * obeyed: render it with {@link #line}.
 *
 * @param id the turn's id (for a session, the id of its best turn)
 * @param sequence its place in the store
 * @param scope whose memory and which session
 * @param speaker who said it
 * @param role in which role
 * @param at when
 * @param text what was said, verbatim
 * @param score higher is better; comparable within one answer only
 * @param breakdown the parts of the score by name, in the order they were applied
 * @param source where it came from
 * @param facts current facts that rest on it
 */
public record Recalled(
    String id,
    long sequence,
    Scope scope,
    String speaker,
    Role role,
    Instant at,
    String text,
    double score,
    Map<String, Double> breakdown,
    Source source,
    List<Fact> facts) {
  public Recalled {
    requireNonNull(id, "id is null");
    requireNonNull(text, "text is null");
    breakdown = Collections.unmodifiableMap(new LinkedHashMap<>(breakdown));
    facts = List.copyOf(facts);
  }

  /** Where a memory came from. */
  public sealed interface Source {
    /** The asker's own memory. */
    record Own() implements Source {}

    /** A collection shared with the asker. */
    record Shared(String collection) implements Source {}
  }

  /** The day it was said, in UTC. */
  public LocalDate date() {
    return at.atZone(ZoneOffset.UTC).toLocalDate();
  }

  /** The memory as a line of the prompt's memory block. */
  public MemoryBlock.Line line() {
    return new MemoryBlock.Line(id, date(), speaker, text);
  }
}

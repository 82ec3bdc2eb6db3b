package dev.mneme.agent;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.MemoryBlock;
import java.time.Instant;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/**
 * A memory as it was recalled for one query.
 *
 * @param id short id that prompts show and a person can ask about
 * @param at when it was said
 * @param speaker who said it
 * @param text what was said, verbatim
 * @param score how well it fits the query; only the order means something
 * @param why what it was found by, for people to read
 * @param turnId the turn it came from; null when it came from elsewhere
 */
public record RecalledMemory(
    String id,
    Instant at,
    String speaker,
    String text,
    double score,
    String why,
    @Nullable String turnId) {
  public RecalledMemory {
    requireNonNull(id, "id is null");
    requireNonNull(at, "at is null");
    requireNonNull(speaker, "speaker is null");
    requireNonNull(text, "text is null");
    requireNonNull(why, "why is null");
  }

  /** What the log names it by: its turn where it has one, for that outlives any index. */
  String provenanceId() {
    return turnId == null ? id : turnId;
  }

  MemoryBlock.Line line(ZoneId zone) {
    return new MemoryBlock.Line(id, at.atZone(zone).toLocalDate(), speaker, text);
  }
}

package dev.mneme.ltm;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One thing believed about a subject, with two clocks: when it holds in the world ({@code
 * validFrom} to {@code validTo}) and when the store learnt it ({@code recordedAt}).
 *
 * @param id names the fact over all its versions
 * @param subject whom it is about: {@code user}, or a name
 * @param attribute what is said of the subject, for example {@code name} or {@code likes}
 * @param value what holds, in the person's words
 * @param confidence 0 to 1
 * @param validFrom when it began to hold, as far as known
 * @param validTo when it ceased to hold; null while it holds
 * @param recordedAt when this version was written
 * @param sourceTurn id of the turn it was last read from; null when a person entered it
 * @param frequency how often it was said
 * @param status whether it is believed now
 * @param supersedes id of the fact this one took over from; null for none
 * @param session where it was last said
 * @param quote the words it rests on
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Fact(
    String id,
    String subject,
    String attribute,
    String value,
    double confidence,
    Instant validFrom,
    @Nullable Instant validTo,
    Instant recordedAt,
    @Nullable String sourceTurn,
    int frequency,
    Status status,
    @Nullable String supersedes,
    @Nullable String session,
    @Nullable String quote) {
  public Fact {
    requireNonNull(id, "id is null");
    requireNonNull(subject, "subject is null");
    requireNonNull(attribute, "attribute is null");
    requireNonNull(value, "value is null");
    requireNonNull(validFrom, "validFrom is null");
    requireNonNull(recordedAt, "recordedAt is null");
    requireNonNull(status, "status is null");
    if (!(confidence >= 0 && confidence <= 1)) {
      throw new IllegalArgumentException("confidence must be in [0, 1], got " + confidence);
    }
    if (frequency < 1) {
      throw new IllegalArgumentException("frequency counts from 1, got " + frequency);
    }
  }

  /** What became of a fact. */
  public enum Status {
    /** Believed. */
    CURRENT,
    /** Another value took its place. */
    SUPERSEDED,
    /** The person said it no longer holds. */
    ENDED,
    /** Taken back: undone, or its source was forgotten. */
    RETRACTED
  }

  Fact ended(Status newStatus, @Nullable Instant newValidTo, Instant now) {
    return new Fact(
        id,
        subject,
        attribute,
        value,
        confidence,
        validFrom,
        newValidTo,
        now,
        sourceTurn,
        frequency,
        newStatus,
        supersedes,
        session,
        quote);
  }

  Fact repeated(String turn, String newSession, double atLeast, Instant now) {
    return new Fact(
        id,
        subject,
        attribute,
        value,
        Math.max(confidence, atLeast),
        validFrom,
        validTo,
        now,
        turn,
        frequency + 1,
        status,
        supersedes,
        newSession,
        quote);
  }

  Fact at(Instant now) {
    return new Fact(
        id,
        subject,
        attribute,
        value,
        confidence,
        validFrom,
        validTo,
        now,
        sourceTurn,
        frequency,
        status,
        supersedes,
        session,
        quote);
  }
}

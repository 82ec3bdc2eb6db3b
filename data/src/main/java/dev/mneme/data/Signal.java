package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something a person did or said that judges one reply.
 *
 * <p>The explicit cases are acts meant as feedback; {@link Observed} covers what a detector read
 * from the dialogue. A closed set: consumers switch over it without a default.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Signal.Thumb.class, name = "thumb"),
  @JsonSubTypes.Type(value = Signal.Rating.class, name = "rating"),
  @JsonSubTypes.Type(value = Signal.Fix.class, name = "fix"),
  @JsonSubTypes.Type(value = Signal.Choice.class, name = "choice"),
  @JsonSubTypes.Type(value = Signal.Retry.class, name = "retry"),
  @JsonSubTypes.Type(value = Signal.Copied.class, name = "copied"),
  @JsonSubTypes.Type(value = Signal.Observed.class, name = "observed"),
})
public sealed interface Signal {
  /** The reply that is judged. */
  String turnId();

  /** When the person acted. */
  Instant at();

  /** One key, {@code /good} or {@code /bad}. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Thumb(String turnId, Instant at, boolean up, @Nullable String why) implements Signal {
    public Thumb {
      requireNonNull(turnId, "turnId is null");
      requireNonNull(at, "at is null");
    }
  }

  /** Stars from 1 (worst) to 5 (best). */
  record Rating(String turnId, Instant at, int stars) implements Signal {
    public Rating {
      requireNonNull(turnId, "turnId is null");
      requireNonNull(at, "at is null");
      if (stars < 1 || stars > 5) {
        throw new IllegalArgumentException("a rating has 1 to 5 stars, got " + stars);
      }
    }
  }

  /** The person wrote the reply they wanted. */
  record Fix(String turnId, Instant at, String better) implements Signal {
    public Fix {
      requireNonNull(turnId, "turnId is null");
      requireNonNull(at, "at is null");
      requireNonNull(better, "better is null");
    }
  }

  /** The person preferred {@code turnId} to {@code overTurnId}. */
  record Choice(String turnId, Instant at, String overTurnId) implements Signal {
    public Choice {
      requireNonNull(turnId, "turnId is null");
      requireNonNull(at, "at is null");
      requireNonNull(overTurnId, "overTurnId is null");
    }
  }

  /** The person asked for another reply; {@code newTurnId} is what they got instead. */
  record Retry(String turnId, Instant at, String newTurnId) implements Signal {
    public Retry {
      requireNonNull(turnId, "turnId is null");
      requireNonNull(at, "at is null");
      requireNonNull(newTurnId, "newTurnId is null");
    }
  }

  /** The person copied the reply out of the chat. */
  record Copied(String turnId, Instant at) implements Signal {
    public Copied {
      requireNonNull(turnId, "turnId is null");
      requireNonNull(at, "at is null");
    }
  }

  /**
   * Read from the dialogue by a deterministic detector.
   *
   * @param kind what was seen
   * @param direction -1 (dissatisfied) to 1 (satisfied)
   * @param intensity 0 to 1
   * @param because the words or facts it rests on, for people to read
   */
  record Observed(
      String turnId, Instant at, Kind kind, double direction, double intensity, String because)
      implements Signal {
    public Observed {
      requireNonNull(turnId, "turnId is null");
      requireNonNull(at, "at is null");
      requireNonNull(kind, "kind is null");
      requireNonNull(because, "because is null");
      if (!(direction >= -1 && direction <= 1)) {
        throw new IllegalArgumentException("direction must be in [-1, 1], got " + direction);
      }
      if (!(intensity >= 0 && intensity <= 1)) {
        throw new IllegalArgumentException("intensity must be in [0, 1], got " + intensity);
      }
    }
  }

  /** What a detector can see. */
  enum Kind {
    REPHRASE,
    CORRECTION,
    COMPLAINT,
    CLARIFICATION_REQUEST,
    THANKS,
    PRAISE,
    ABANDONMENT,
    FOLLOW_UP,
    TOOL_SUCCESS,
    TOOL_FAILURE,
    CONTRADICTS_MEMORY,
    BROKEN_FORM_INSTRUCTION,
    REPETITION,
    STATED_PREFERENCE
  }
}

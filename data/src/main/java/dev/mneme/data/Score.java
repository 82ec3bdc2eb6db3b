package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** A value with its reason, or the reason why there is none: never NaN, never dropped. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Score.Scored.class, name = "scored"),
  @JsonSubTypes.Type(value = Score.Unscored.class, name = "unscored"),
})
public sealed interface Score {
  /** A finite value and why. */
  record Scored(double value, String why) implements Score {
    public Scored {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("a score must be finite, got " + value);
      }
      requireNonNull(why, "why is null");
    }
  }

  /** No value, and why not. */
  record Unscored(String reason) implements Score {
    public Unscored {
      requireNonNull(reason, "reason is null");
    }
  }
}

package dev.mneme.data;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Who speaks a {@link Message}, in the words chat templates use. */
public enum Role {
  @JsonProperty("system")
  SYSTEM,
  @JsonProperty("user")
  USER,
  @JsonProperty("assistant")
  ASSISTANT,
  @JsonProperty("tool")
  TOOL;

  /** The lower-case name that chat templates and OpenAI-compatible endpoints use. */
  public String wireName() {
    return switch (this) {
      case SYSTEM -> "system";
      case USER -> "user";
      case ASSISTANT -> "assistant";
      case TOOL -> "tool";
    };
  }
}

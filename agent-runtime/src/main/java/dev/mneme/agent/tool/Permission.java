package dev.mneme.agent.tool;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a person decided about a tool. */
public enum Permission {
  /** Ask before every call. */
  @JsonProperty("ask")
  ASK,
  /** Run without asking. */
  @JsonProperty("allow")
  ALLOW,
  /** Never run; the model is not even told about it. */
  @JsonProperty("deny")
  DENY
}

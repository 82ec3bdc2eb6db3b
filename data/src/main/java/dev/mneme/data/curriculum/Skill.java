package dev.mneme.data.curriculum;

/** One thing the model learns to do: composes examples of it. Immutable and thread-safe. */
interface Skill {
  /**
   * Adds one exchange, or a few that belong together, to the conversation. When {@code talk} is
   * held out, every wording that is checked comes from the held-out side.
   */
  void compose(Talk talk);

  /** True when it has wording that is never trained on. */
  boolean hasHeldOut();

  /** How many wordings people's requests and memories can take. */
  int templates();
}

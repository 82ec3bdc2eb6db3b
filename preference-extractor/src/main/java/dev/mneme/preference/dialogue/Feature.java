package dev.mneme.preference.dialogue;

import java.util.Locale;

/**
 * What the satisfaction model sees of one reply, each in [0, 1] unless said otherwise.
 *
 * <p>{@code prior} is what common sense expects of the weight (log-odds of satisfaction a unit) and
 * is the mean of the Gaussian prior the trainer starts from: a feature our own dialogues say little
 * about keeps it. {@link #told()} is how the reason reads when the feature carries weight.
 */
public enum Feature {
  // How the person took it: their next turn.
  NEXT_THANKS(1.2, "the next turn thanks"),
  NEXT_PRAISE(1.2, "the next turn praises"),
  NEXT_ACCEPTS(0.6, "the next turn accepts"),
  NEXT_COMPLAINT(-1.8, "the next turn complains"),
  NEXT_CORRECTION(-1.2, "the next turn corrects"),
  NEXT_CLARIFICATION(-1.4, "the next turn asks what was meant"),
  NEXT_REFUSAL(-0.5, "the next turn declines"),
  NEXT_LEAVES(0.1, "the next turn says goodbye"),
  NEXT_POSITIVE(0.7, "the next turn sounds pleased"),
  NEXT_NEGATIVE(-0.7, "the next turn sounds displeased"),
  NEXT_REPHRASES(-1.3, "the next turn asks the same again"),
  NEXT_BUILDS(0.5, "the next turn builds on the reply"),
  NEXT_SHIFTS(-0.5, "the next turn changes the subject"),
  NEXT_LENGTH(0.3, "the next turn is long"),
  NEXT_CURT(-0.3, "the next turn is curt"),
  NEXT_ASKS(-0.1, "the next turn asks a question"),
  NEXT_SHOUTS(-0.7, "the next turn shouts"),
  NEXT_EXCLAIMS(0.4, "the next turn exclaims"),
  NEXT_ANSWERS(0.4, "the next turn answers the reply's question"),
  NEXT_IGNORES(-0.5, "the next turn ignores the reply's question"),
  NO_NEXT(0, "nothing follows"),
  // The reply itself, against what was asked.
  REPLY_OVERLAP(0.5, "the reply takes up the words of the request"),
  REPLY_CONTEXT(0.2, "the reply takes up words said before"),
  REPLY_SAME_SUBJECT(0.5, "the reply stays on the subject"),
  REPLY_OTHER_SUBJECT(-0.7, "the reply is about something else"),
  REPLY_UNRELATED(-0.6, "the reply shares nothing with the request"),
  REPLY_EVADES(-0.7, "the question is not answered"),
  REPLY_FITS_QUESTION(0.5, "the reply has the form the question asks for"),
  REPLY_REPEATS(-1.2, "the reply repeats an earlier one"),
  REPLY_ECHOES(-0.6, "the reply parrots the request"),
  REPLY_GENERIC(-0.6, "the reply would fit anything"),
  REPLY_FAILS(-0.9, "the reply says it cannot"),
  REPLY_SHORT(-0.4, "the reply is very short"),
  REPLY_LENGTH(0.3, "the reply is long"),
  REPLY_ASKS(0.2, "the reply asks something"),
  REPLY_STUTTERS(-0.9, "the reply repeats itself"),
  REPLY_CONTRADICTS(-0.9, "the reply contradicts what it said before"),
  REPLY_DANGLING(-0.4, "the reply speaks of someone not mentioned"),
  REPLY_LATE_GREETING(-0.5, "the reply greets in mid-conversation"),
  REPLY_WARM(0.2, "the reply is friendly"),
  // Where in the dialogue it stands.
  REQUEST_TROUBLED(-0.7, "the request already complains"),
  OPENING(0.3, "the dialogue just begins"),
  TOOL_FAILED(-0.8, "a tool failed before the reply"),
  TOOL_WORKED(0.3, "a tool worked before the reply");

  private final double prior;
  private final String told;

  Feature(double prior, String told) {
    this.prior = prior;
    this.told = told;
  }

  /** Position in a feature vector. Vectors live in memory only; files name their features. */
  @SuppressWarnings("EnumOrdinal") // a dense vector by declaration order is what ordinals are for
  int at() {
    return ordinal();
  }

  /** Whether it is read from what the person said next. */
  boolean isReaction() {
    return name().startsWith("NEXT_");
  }

  double prior() {
    return prior;
  }

  /** The reason in words, as part of a sentence. */
  public String told() {
    return told;
  }

  /** The name in the weights file. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}

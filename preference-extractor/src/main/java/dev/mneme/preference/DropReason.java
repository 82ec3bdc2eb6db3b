package dev.mneme.preference;

import java.util.Locale;

/** Why something was not taken for training. Every drop has one, is counted, and is explained. */
public enum DropReason {
  EMPTY("one side has no words"),
  IDENTICAL("both sides say the same"),
  LOW_CONFIDENCE("too little is known about it"),
  CHOSEN_NOT_BETTER("nothing shows that the chosen side is better"),
  BORROWED_TEXT("the chosen side is mostly recalled or tool text"),
  UNCONFIRMED_CLAIM("the chosen side claims facts that nobody confirmed"),
  GUESS("the chosen side says of the person what its prompt does not hold"),
  SECRET("it holds a secret"),
  PERSONAL_IDENTIFIER("it holds a personal identifier"),
  HARMFUL("the chosen side is harmful"),
  NEAR_DUPLICATE("it says the same as another pair"),
  EVALUATION_ITEM("it is, or quotes, an evaluation item"),
  LENGTH_ONLY("the sides differ only in length"),
  OTHER_TENANT("it belongs to another tenant"),
  OPTED_OUT("the person opted out"),
  CONCENTRATED("too many pairs from one source"),
  SUDDEN_FLIP("the wish was reversed too often in a short time"),
  HIDDEN_INSTRUCTION("it carries hidden instructions"),
  OVER_LIMIT("more replies than are kept for one user");

  private final String told;

  DropReason(String told) {
    this.told = told;
  }

  /** The reason as a clause for people. */
  public String told() {
    return told;
  }

  /** The name in reports. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package dev.mneme.evals.judge;

import dev.mneme.data.Score;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a judgment says, by the marks that the prompts ask for. */
final class Verdicts {
  private static final Pattern RATING = Pattern.compile("\\[\\[(\\d+\\.?\\d*)\\]\\]");
  private static final Pattern SLOPPY_RATING = Pattern.compile("\\[(\\d+\\.?\\d*)\\]");

  private Verdicts() {}

  /** Who wins a game between A, shown first, and B. */
  enum Winner {
    A,
    B,
    TIE,
    NONE
  }

  /** A grade from 1 to 10, from {@code [[7]]} or, failing that, {@code [7]}. */
  static Score rating(String judgment) {
    if (judgment.isBlank()) {
      return new Score.Unscored("the judge returned nothing");
    }
    Matcher found = RATING.matcher(judgment);
    if (!found.find()) {
      found = SLOPPY_RATING.matcher(judgment);
      if (!found.find()) {
        return new Score.Unscored("the judge gave no rating; expected [[1]] to [[10]]");
      }
    }
    double rating = Double.parseDouble(found.group(1));
    return rating >= 1 && rating <= 10
        ? new Score.Scored(rating, judgment)
        : new Score.Unscored("the judge rated " + found.group(1) + "; expected 1 to 10");
  }

  static Winner winner(String judgment) {
    if (judgment.contains("[[A]]")) {
      return Winner.A;
    }
    if (judgment.contains("[[B]]")) {
      return Winner.B;
    }
    return judgment.contains("[[C]]") ? Winner.TIE : Winner.NONE;
  }
}

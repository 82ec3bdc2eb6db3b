package dev.mneme.preference;

import dev.mneme.data.Message;
import java.util.List;

/** The ids of pairs: content hashes, so that the same pair from anywhere is the same pair. */
public final class PairIds {
  private PairIds() {}

  /** The id of a pair with these messages, lower-case hex. */
  public static String of(List<Message> prompt, List<Message> chosen, List<Message> rejected) {
    return Candidate.id(prompt, chosen, rejected);
  }
}

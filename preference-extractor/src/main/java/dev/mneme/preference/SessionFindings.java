package dev.mneme.preference;

import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import java.util.List;

/**
 * What one session says, remembered so that it need not be read again.
 *
 * @param scope whose session
 * @param fingerprint of the session it was read from
 * @param turns how many turns it had
 * @param replies how many of them were replies
 * @param clear the replies that say something clearly
 * @param candidates retry, fix, choice and rerun pairs
 * @param wishes stated preferences
 * @param observed the implicit signals, with their explanations
 * @param openReruns how many replies are still to be answered again, because nobody was there to do
 *     it
 */
record SessionFindings(
    Scope scope,
    String fingerprint,
    int turns,
    int replies,
    List<JudgedReply> clear,
    List<Candidate> candidates,
    List<StatedPreference> wishes,
    List<Signal.Observed> observed,
    int openReruns) {
  SessionFindings {
    clear = List.copyOf(clear);
    candidates = List.copyOf(candidates);
    wishes = List.copyOf(wishes);
    observed = List.copyOf(observed);
  }
}

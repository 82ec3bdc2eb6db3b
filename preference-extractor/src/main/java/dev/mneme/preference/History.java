package dev.mneme.preference;

import com.google.errorprone.annotations.MustBeClosed;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What happened, streamed. The adapter over the long-term memory lives with its composition root.
 *
 * <p>An implementation decides its own thread-safety; the extractor reads from one thread.
 */
public interface History {
  /**
   * All sessions, those of one user (tenant and user) one after the other, oldest first within a
   * user. The extractor holds one user's state at a time, which is what bounds its memory. What is
   * not here any more (erased, forgotten) is forgotten by the extractor too.
   */
  @MustBeClosed
  Stream<Session> sessions();

  /** What a person allowed. */
  default Consent consentOf(String tenant, String user) {
    return Consent.OWN_USE;
  }

  /**
   * What a person allowed.
   *
   * @param learn whether anything may be trained from what they said
   * @param share whether their requests may be grouped with other people's of the same tenant
   */
  record Consent(boolean learn, boolean share) {
    /** Learn for this person only. */
    public static final Consent OWN_USE = new Consent(true, false);

    /** Learn, and group with others who share. */
    public static final Consent SHARED = new Consent(true, true);

    /** Learn nothing. */
    public static final Consent OPTED_OUT = new Consent(false, false);
  }

  /** A history of these sessions, put into the order the contract asks for. */
  static History of(List<Session> sessions) {
    List<Session> ordered =
        sessions.stream()
            .sorted(
                Comparator.comparing((Session s) -> s.scope().tenant())
                    .thenComparing(s -> s.scope().user())
                    .thenComparing(
                        s -> s.turns().isEmpty() ? Instant.MIN : s.turns().getFirst().at())
                    .thenComparing(s -> s.scope().session()))
            .toList();
    return ordered::stream;
  }

  /** This history as it was known at a time. */
  default History asOf(Instant time) {
    History all = this;
    return new History() {
      @Override
      @MustBeClosed
      public Stream<Session> sessions() {
        return all.sessions().map(session -> session.asOf(time)).filter(s -> !s.turns().isEmpty());
      }

      @Override
      public Consent consentOf(String tenant, String user) {
        return all.consentOf(tenant, user);
      }
    };
  }
}

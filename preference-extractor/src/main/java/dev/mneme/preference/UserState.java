package dev.mneme.preference;

import dev.mneme.data.Scope;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BinaryOperator;

/**
 * What is remembered of one user between runs: the findings of each session, by session. Reading a
 * session again replaces its findings, so a run is idempotent. Confined to one thread.
 */
final class UserState {
  private final String tenant;
  private final String user;
  private final Map<String, SessionFindings> sessions = new LinkedHashMap<>();

  /** Of the sessions in which any were said, by session: few of many. */
  private final Map<String, List<StatedPreference>> wishes = new LinkedHashMap<>();

  private int clearReplies;

  UserState(String tenant, String user) {
    this.tenant = tenant;
    this.user = user;
  }

  String tenant() {
    return tenant;
  }

  String user() {
    return user;
  }

  /** Two agents may name their sessions alike. */
  static String key(Scope scope) {
    return scope.agent() + "\n" + scope.session();
  }

  boolean knows(Session session, String reader) {
    SessionFindings known = sessions.get(key(session.scope()));
    return known != null && known.fingerprint().equals(session.fingerprint(reader));
  }

  /** Whether a session was read when nobody could answer again what it complains about. */
  boolean wantsReruns(Session session) {
    SessionFindings known = sessions.get(key(session.scope()));
    return known != null && known.openReruns() > 0;
  }

  void put(SessionFindings findings) {
    SessionFindings before = sessions.put(key(findings.scope()), findings);
    if (before != null) {
      clearReplies -= before.clear().size();
    }
    clearReplies += findings.clear().size();
    wishes.remove(key(findings.scope()));
    if (!findings.wishes().isEmpty()) {
      wishes.put(key(findings.scope()), findings.wishes());
    }
  }

  /** Forgets the sessions with other keys; whether there were any. */
  boolean retain(Set<String> keys) {
    boolean any = false;
    for (var each = sessions.entrySet().iterator(); each.hasNext(); ) {
      var entry = each.next();
      if (!keys.contains(entry.getKey())) {
        clearReplies -= entry.getValue().clear().size();
        wishes.remove(entry.getKey());
        each.remove();
        any = true;
      }
    }
    return any;
  }

  Iterable<SessionFindings> sessions() {
    return sessions.values();
  }

  int clearReplies() {
    return clearReplies;
  }

  /** The checkable wishes that may hold in a session that begins at this time, itself left out. */
  List<StatedPreference> standing(Scope session, Instant time) {
    Map<String, StatedPreference> latest = new LinkedHashMap<>();
    var later = new ArrayList<StatedPreference>();
    for (List<StatedPreference> said : wishes.values()) {
      for (StatedPreference wish : said) {
        if (wish.reach() != StatedPreference.Reach.ALWAYS
            || wish.scope().equals(session)
            || !FormCheck.canCheck(wish)) {
          continue;
        }
        if (wish.from().isAfter(time)) {
          later.add(wish);
        } else {
          latest.merge(wish.slot().name(), wish, (a, b) -> b.from().isBefore(a.from()) ? a : b);
        }
      }
    }
    var standing = new ArrayList<>(latest.values());
    standing.addAll(later);
    return standing;
  }

  /**
   * What the person had asked this agent for and still wanted when a session began.
   *
   * @param seen keys of the sessions that are still there; what was said in others is erased
   */
  List<StatedPreference> standingBefore(Scope session, Instant begin, Set<String> seen) {
    String own = key(session);
    Map<String, StatedPreference> latest = new HashMap<>();
    wishes.forEach(
        (key, said) -> {
          if (!key.equals(own) && seen.contains(key)) {
            for (StatedPreference wish : said) {
              if (wish.reach() == StatedPreference.Reach.ALWAYS
                  && wish.scope().agent().equals(session.agent())
                  && wish.from().isBefore(begin)) {
                latest.merge(wish.subject(), wish, BinaryOperator.maxBy(StatedPreference.IN_ORDER));
              }
            }
          }
        });
    return latest.values().stream().sorted(StatedPreference.IN_ORDER).toList();
  }

  /** Every wish, each ended when the next about the same began. */
  List<StatedPreference> wishes() {
    return StatedPreference.resolve(wishes.values().stream().flatMap(List::stream).toList());
  }

  /** The clear replies, oldest first. */
  List<JudgedReply> replies() {
    var all = new ArrayList<JudgedReply>(clearReplies);
    for (SessionFindings each : sessions.values()) {
      all.addAll(each.clear());
    }
    all.sort(
        Comparator.comparing(JudgedReply::at)
            .thenComparing(each -> each.scope().session())
            .thenComparingInt(JudgedReply::index)
            .thenComparing(JudgedReply::turnId));
    return all;
  }

  /** Forgets the clear replies beyond the newest {@code most}; how many went. */
  int forgetBeyond(int most) {
    if (clearReplies <= most) {
      return 0;
    }
    List<JudgedReply> ordered = replies();
    int surplus = ordered.size() - most;
    var old = new java.util.HashSet<String>();
    ordered.subList(0, surplus).forEach(each -> old.add(each.turnId()));
    for (var entry : sessions.entrySet()) {
      SessionFindings f = entry.getValue();
      var kept = f.clear().stream().filter(each -> !old.contains(each.turnId())).toList();
      if (kept.size() < f.clear().size()) {
        entry.setValue(
            new SessionFindings(
                f.scope(),
                f.fingerprint(),
                f.turns(),
                f.replies(),
                kept,
                f.candidates(),
                f.wishes(),
                f.observed(),
                f.openReruns()));
      }
    }
    clearReplies = most;
    return surplus;
  }
}

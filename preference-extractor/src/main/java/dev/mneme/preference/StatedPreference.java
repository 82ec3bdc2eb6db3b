package dev.mneme.preference;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.mneme.data.Scope;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A wish about replies that a person put into words: a memory to prompt with at once, and evidence
 * for training later.
 *
 * @param id content hash of scope, slot, value and turn, lower-case hex
 * @param scope whose wish; the session matters only to {@link Reach#SESSION}
 * @param slot what it is about
 * @param value the wish in a canonical word where there is one, for example {@code short}
 * @param wording what the person said
 * @param instruction the line that goes into the prompt
 * @param reach how far it holds
 * @param turnId the turn it was said in
 * @param from since when
 * @param until when a later wish about the same replaced it; null while it holds
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StatedPreference(
    String id,
    Scope scope,
    Slot slot,
    String value,
    String wording,
    String instruction,
    Reach reach,
    String turnId,
    Instant from,
    @Nullable Instant until) {
  /** More lines than this would crowd out the conversation. */
  private static final int MOST_LINES = 12;

  public StatedPreference {
    requireNonNull(id, "id is null");
    requireNonNull(scope, "scope is null");
    requireNonNull(slot, "slot is null");
    requireNonNull(value, "value is null");
    requireNonNull(wording, "wording is null");
    requireNonNull(instruction, "instruction is null");
    requireNonNull(reach, "reach is null");
    requireNonNull(turnId, "turnId is null");
    requireNonNull(from, "from is null");
    if (until != null && until.isBefore(from)) {
      throw new IllegalArgumentException("a wish cannot end at " + until + " before " + from);
    }
  }

  /**
   * What a wish is about. Two wishes about the same, other than {@link #OTHER}, exclude each other.
   */
  public enum Slot {
    LENGTH,
    FORMAT,
    TONE,
    EMOJI,
    LANGUAGE,
    UNITS,
    NAME,
    LEVEL,
    APOLOGY,
    CODE_LANGUAGE,
    OTHER
  }

  /** How far a wish holds. */
  public enum Reach {
    /** Only the reply it was said about, or the next one. */
    REPLY,
    /** The rest of this conversation. */
    SESSION,
    /** Until the person says otherwise. */
    ALWAYS
  }

  /** As they were said. */
  static final Comparator<StatedPreference> IN_ORDER =
      Comparator.comparing(StatedPreference::from).thenComparing(StatedPreference::id);

  /** Of two wishes with the same one the later holds. */
  String subject() {
    return slot + (slot == Slot.OTHER ? value : "");
  }

  StatedPreference endedAt(Instant time) {
    return new StatedPreference(
        id, scope, slot, value, wording, instruction, reach, turnId, from, time);
  }

  /** Whether it holds for a reply in this session at this time. */
  public boolean holds(String session, Instant time) {
    boolean reaches =
        switch (reach) {
          case REPLY -> false;
          case SESSION -> scope.session().equals(session);
          case ALWAYS -> true;
        };
    Instant end = until;
    return reaches && !from.isAfter(time) && (end == null || end.isAfter(time));
  }

  /**
   * The wishes that hold in a session at a time, in the order said: what a prompt should carry.
   *
   * @param stated any wishes of one user, in any order
   */
  public static List<StatedPreference> inForce(
      List<StatedPreference> stated, String session, Instant time) {
    return resolve(stated).stream().filter(wish -> wish.holds(session, time)).toList();
  }

  /**
   * The wishes in force as lines for a prompt, none twice; of many the latest.
   *
   * @param stated any wishes of one user, in any order
   */
  public static List<String> instructions(
      List<StatedPreference> stated, String session, Instant time) {
    var lines = new LinkedHashSet<String>();
    inForce(stated, session, time).forEach(wish -> lines.add(wish.instruction()));
    List<String> all = List.copyOf(lines);
    return all.subList(Math.max(0, all.size() - MOST_LINES), all.size());
  }

  /** The wishes with each one's {@link #until} set to when the next about the same slot began. */
  public static List<StatedPreference> resolve(List<StatedPreference> stated) {
    var ordered = new ArrayList<>(stated);
    ordered.sort(IN_ORDER);
    Map<String, Integer> open = new LinkedHashMap<>();
    for (int i = 0; i < ordered.size(); i++) {
      StatedPreference wish = ordered.get(i);
      if (wish.reach == Reach.REPLY) {
        continue;
      }
      String key = wish.subject() + (wish.reach == Reach.SESSION ? wish.scope.session() : "");
      Integer before = open.put(key, i);
      if (before != null) {
        ordered.set(before, ordered.get(before).endedAt(wish.from));
      }
    }
    return ordered;
  }
}

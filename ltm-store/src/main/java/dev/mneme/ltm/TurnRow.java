package dev.mneme.ltm;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Provenance;
import dev.mneme.data.Role;
import dev.mneme.data.ToolCall;
import dev.mneme.data.Turn;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/** A turn as the ledger keeps it. */
record TurnRow(
    long seq,
    int spaceId,
    int sessionId,
    Owner owner,
    String session,
    int index,
    String id,
    Role role,
    String speaker,
    long atNanos,
    boolean echo,
    long simhash,
    boolean forgotten,
    @Nullable String revisedBy,
    @Nullable String extra,
    String content) {

  /** The columns, in the order {@link #read} wants them, of turn t, session s, space p. */
  static final String COLUMNS =
      "t.seq, t.space_id, t.session_id, p.tenant, p.usr, p.agent, s.name, t.idx, t.id, t.role,"
          + " t.speaker, t.at, t.echo, t.simhash, t.forgotten_at, t.revised_by, t.extra, t.content";

  static final String FROM =
      " from turn t join session s on s.id = t.session_id join space p on p.id = t.space_id ";

  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  private record Extra(
      List<ToolCall> toolCalls,
      @Nullable String toolCallId,
      @Nullable String replyTo,
      @Nullable Provenance provenance) {}

  private static final Logger log = LoggerFactory.getLogger(TurnRow.class);
  private static final Extra NOTHING_MORE = new Extra(List.of(), null, null, null);

  static TurnRow read(ResultSet row) throws SQLException {
    long forgottenAt = row.getLong(15);
    boolean forgotten = !row.wasNull() && forgottenAt != 0;
    return new TurnRow(
        row.getLong(1),
        row.getInt(2),
        row.getInt(3),
        new Owner(row.getString(4), row.getString(5), row.getString(6)),
        row.getString(7),
        row.getInt(8),
        row.getString(9),
        role(row.getString(10)),
        row.getString(11),
        row.getLong(12),
        row.getBoolean(13),
        row.getLong(14),
        forgotten,
        row.getString(16),
        row.getString(17),
        row.getString(18));
  }

  /** True when recall may show it. */
  boolean live() {
    return !forgotten && !echo && revisedBy == null && !content.isBlank();
  }

  Turn turn() {
    Extra more = extra == null ? NOTHING_MORE : more(extra);
    return new Turn(
        id,
        owner.session(session),
        index,
        speaker,
        new Message(role, content, more.toolCalls(), more.toolCallId()),
        instant(atNanos),
        more.replyTo(),
        more.provenance());
  }

  /** One damaged line must not cost a session its words: it is shown without what went with it. */
  private Extra more(String written) {
    try {
      return Json.mapper().readValue(written, Extra.class);
    } catch (JacksonException e) {
      log.warn(
          "turn {} of session {} is damaged and shown by its words alone, without its model,"
              + " memories and tools ({})",
          id,
          session,
          e.getOriginalMessage());
      return NOTHING_MORE;
    }
  }

  static @Nullable String extra(Turn turn) {
    Message message = turn.message();
    if (message.toolCalls().isEmpty()
        && message.toolCallId() == null
        && turn.replyTo() == null
        && turn.provenance() == null) {
      return null;
    }
    return Json.mapper()
        .writeValueAsString(
            new Extra(
                message.toolCalls(), message.toolCallId(), turn.replyTo(), turn.provenance()));
  }

  static String code(Role role) {
    return switch (role) {
      case SYSTEM -> "s";
      case USER -> "u";
      case ASSISTANT -> "a";
      case TOOL -> "t";
    };
  }

  private static Role role(String code) {
    for (Role each : Role.values()) {
      if (code(each).equals(code)) {
        return each;
      }
    }
    throw new MemoryStoreException(
        "the ledger holds an unknown role "
            + code
            + "; the journal beside it holds everything: `mneme memory recover` rebuilds it",
        false,
        null);
  }

  static long nanos(Instant at) {
    try {
      return Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000_000L), at.getNano());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "the memory holds times from 1678 to 2261, got " + at + "; correct the clock", e);
    }
  }

  static Instant instant(long nanos) {
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
  }

  boolean sameWords(Turn turn) {
    return content.equals(turn.message().content())
        && role == turn.message().role()
        && Objects.equals(session, turn.scope().session());
  }
}

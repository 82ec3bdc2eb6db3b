package dev.mneme.ltm;

import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.Turn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/**
 * Applies changes to the ledger, inside the writer's open transaction. Confined to the writer's
 * thread.
 *
 * <p>The two inserts of a turn are prepared statements of their own, because they are the hot path;
 * everything else goes through Jdbi.
 */
final class LedgerWriter implements AutoCloseable {
  private final Connection connection;
  private final Handle handle;
  private final PreparedStatement insertTurn;
  private final PreparedStatement insertChange;
  private final Map<Owner, Integer> spaces = new HashMap<>();
  private final Map<SessionKey, Integer> sessions = new HashMap<>();

  private record SessionKey(int spaceId, String name) {}

  LedgerWriter(Ledger ledger) {
    connection = ledger.writerConnection();
    try {
      connection.setAutoCommit(false);
      handle = Jdbi.open(connection);
      insertTurn =
          connection.prepareStatement(
              "insert into turn(seq, space_id, session_id, idx, id, role, speaker, at, echo,"
                  + " simhash, extra, content) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
      insertChange =
          connection.prepareStatement(
              "insert into change_log(seq, op, space_id, target, at, payload) values (?, ?, ?, ?,"
                  + " ?, ?)");
    } catch (SQLException e) {
      throw new MemoryStoreException("cannot prepare the ledger's writer", true, e);
    }
  }

  Handle handle() {
    return handle;
  }

  void commit() throws SQLException {
    connection.commit();
  }

  void rollback() throws SQLException {
    spaces.clear();
    sessions.clear();
    connection.rollback();
  }

  /** Writes what is committed to H2's file. Only between transactions. */
  void flush() {
    handle.execute(Ledger.FLUSH);
  }

  /** The writer's caches are void: somebody changed the ledger around it. */
  void forgetCaches() {
    spaces.clear();
    sessions.clear();
  }

  /**
   * @param json the change as {@link Change#json} has it, made once by the caller
   */
  void apply(JournalEntry entry, @Nullable String json) {
    try {
      switch (entry.change()) {
        case Change.TurnAdded added -> add(entry, added);
        case Change.TurnsForgotten gone -> {
          int space = space(gone.of());
          mark(space, gone.ids(), "forgotten_at = " + TurnRow.nanos(entry.at()));
          log(entry, "forget", space, null, json);
        }
        case Change.TurnsRestored back -> {
          int space = space(back.of());
          mark(space, back.ids(), "forgotten_at = null, revised_by = null");
          log(entry, "restore", space, null, json);
        }
        case Change.TurnRevised revised -> {
          int space = space(revised.of());
          handle
              .createUpdate("update turn set revised_by = :n where space_id = :p and id = :o")
              .bind("n", revised.newId())
              .bind("p", space)
              .bind("o", revised.oldId())
              .execute();
          log(entry, "revise", space, revised.oldId(), json);
        }
        case Change.SignalAdded added -> {
          int space = space(Owner.of(added.scope()));
          handle
              .createUpdate(
                  "insert into signal(seq, space_id, session_id, turn_id, body) values (:q, :p, :s,"
                      + " :t, :b)")
              .bind("q", entry.seq())
              .bind("p", space)
              .bind("s", session(space, added.scope().session()))
              .bind("t", added.signal().turnId())
              .bind("b", Json.mapper().writeValueAsString(added.signal()))
              .execute();
          log(entry, "signal", space, added.signal().turnId(), json);
        }
        case Change.FactSet set -> setFact(entry, set, json);
        case Change.PairRecorded made -> recordPair(entry, made, json);
        case Change.Trained trained -> {
          int space = space(trained.of());
          for (String id : trained.turnIds()) {
            handle
                .createUpdate(
                    "merge into trained_on key(space_id, turn_id, checkpoint) values (:p, :t, :c)")
                .bind("p", space)
                .bind("t", id)
                .bind("c", trained.checkpoint())
                .execute();
          }
          log(entry, "trained", space, trained.checkpoint(), json);
        }
        case Change.Granted granted -> {
          int collection = collection(granted.tenant(), granted.collection());
          handle
              .createUpdate(
                  "merge into grants key(collection_id, usr, agent) values (:c, :u, :a, :w)")
              .bind("c", collection)
              .bind("u", granted.user())
              .bind("a", granted.agent())
              .bind("w", granted.mayWrite())
              .execute();
          log(entry, "grant", collection, granted.user(), json);
        }
        case Change.Revoked revoked -> {
          int collection = collection(revoked.tenant(), revoked.collection());
          handle
              .createUpdate(
                  "delete from grants where collection_id = :c and usr = :u and agent = :a")
              .bind("c", collection)
              .bind("u", revoked.user())
              .bind("a", revoked.agent())
              .execute();
          log(entry, "revoke", collection, revoked.user(), json);
        }
        case Change.Shared shared -> {
          share(shared.of(), shared.collection(), shared.ids(), true);
          log(entry, "share", space(shared.of()), shared.collection(), json);
        }
        case Change.Unshared unshared -> {
          share(unshared.of(), unshared.collection(), unshared.ids(), false);
          log(entry, "unshare", space(unshared.of()), unshared.collection(), json);
        }
        case Change.Erased erased -> {
          eraseMatching(erased);
          log(entry, "erased", null, null, json);
        }
      }
    } catch (SQLException e) {
      throw new MemoryStoreException("the ledger refused change " + entry.seq(), true, e);
    }
  }

  int space(Owner owner) {
    Integer known = spaces.get(owner);
    if (known == null) {
      known =
          Ledger.space(handle, owner)
              .orElseGet(() -> newSpace("U", owner.tenant(), owner.user(), owner.agent()));
      spaces.put(owner, known);
    }
    return known;
  }

  int collection(String tenant, String name) {
    return Ledger.collection(handle, tenant, name)
        .orElseGet(() -> newSpace("C", tenant, name, "*"));
  }

  int session(int spaceId, String name) {
    var key = new SessionKey(spaceId, name);
    Integer known = sessions.get(key);
    if (known == null) {
      if (sessions.size() > 100_000) {
        sessions.clear();
      }
      known =
          Ledger.session(handle, spaceId, name)
              .orElseGet(
                  () ->
                      handle
                          .createUpdate("insert into session(space_id, name) values (:p, :n)")
                          .bind("p", spaceId)
                          .bind("n", name)
                          .executeAndReturnGeneratedKeys("id")
                          .mapTo(Integer.class)
                          .one());
      sessions.put(key, known);
    }
    return known;
  }

  private int newSpace(String kind, String tenant, String user, String agent) {
    return handle
        .createUpdate("insert into space(kind, tenant, usr, agent) values (:k, :t, :u, :a)")
        .bind("k", kind)
        .bind("t", tenant)
        .bind("u", user)
        .bind("a", agent)
        .executeAndReturnGeneratedKeys("id")
        .mapTo(Integer.class)
        .one();
  }

  private void add(JournalEntry entry, Change.TurnAdded added) throws SQLException {
    Turn turn = added.turn();
    int space = space(Owner.of(turn.scope()));
    insertTurn.setLong(1, entry.seq());
    insertTurn.setInt(2, space);
    insertTurn.setInt(3, session(space, turn.scope().session()));
    insertTurn.setInt(4, turn.index());
    insertTurn.setString(5, turn.id());
    insertTurn.setString(6, TurnRow.code(turn.message().role()));
    insertTurn.setString(7, turn.speaker());
    insertTurn.setLong(8, TurnRow.nanos(turn.at()));
    insertTurn.setBoolean(9, added.echo());
    insertTurn.setLong(10, SimHash.of(turn.message().content()));
    insertTurn.setString(11, TurnRow.extra(turn));
    insertTurn.setString(12, turn.message().content());
    insertTurn.executeUpdate();
    log(entry, "turn", space, null, null);
  }

  private void log(
      JournalEntry entry,
      String op,
      @Nullable Integer space,
      @Nullable String target,
      @Nullable String payload)
      throws SQLException {
    insertChange.setLong(1, entry.seq());
    insertChange.setString(2, op);
    if (space == null) {
      insertChange.setNull(3, Types.INTEGER);
    } else {
      insertChange.setInt(3, space);
    }
    insertChange.setString(4, target);
    insertChange.setLong(5, TurnRow.nanos(entry.at()));
    insertChange.setString(6, payload);
    insertChange.executeUpdate();
  }

  private void mark(int space, List<String> ids, String what) {
    // One statement an id: H2 uses only the first column of the index for "id = any(...)".
    PreparedBatch batch =
        handle.prepareBatch("update turn set " + what + " where space_id = :p and id = :i");
    for (String id : ids) {
      batch.bind("p", space).bind("i", id).add();
    }
    batch.execute();
  }

  private void setFact(JournalEntry entry, Change.FactSet set, @Nullable String json)
      throws SQLException {
    int space = space(set.of());
    Fact fact = set.fact();
    handle
        .createUpdate(
            "update fact set replaced_at = :a where space_id = :p and id = :i and replaced_at is"
                + " null")
        .bind("a", TurnRow.nanos(entry.at()))
        .bind("p", space)
        .bind("i", fact.id())
        .execute();
    handle
        .createUpdate(
            "insert into fact(seq, space_id, id, subject, attribute, val, val_hash, status,"
                + " source_turn, recorded_at, valid_from, valid_to, body) values (:q, :p, :i, :s,"
                + " :n, :v, :h, :st, :t, :r, :f, :to, :b)")
        .bind("q", entry.seq())
        .bind("p", space)
        .bind("i", fact.id())
        .bind("s", fact.subject())
        .bind("n", fact.attribute())
        .bind("v", fact.value())
        .bind("h", Remembering.hash(fact.value()))
        .bind("st", fact.status().name())
        .bind("t", fact.sourceTurn())
        .bind("r", TurnRow.nanos(entry.at()))
        .bind("f", TurnRow.nanos(fact.validFrom()))
        .bind("to", fact.validTo() == null ? null : (Long) TurnRow.nanos(fact.validTo()))
        .bind("b", Json.mapper().writeValueAsString(fact))
        .execute();
    log(entry, "fact", space, fact.id(), json);
  }

  private void recordPair(JournalEntry entry, Change.PairRecorded made, @Nullable String json)
      throws SQLException {
    int space = space(Owner.of(made.pair().scope()));
    String id = made.pair().id();
    handle
        .createUpdate("delete from pair where space_id = :p and id = :i")
        .bind("p", space)
        .bind("i", id)
        .execute();
    handle
        .createUpdate("insert into pair(seq, space_id, id, body) values (:q, :p, :i, :b)")
        .bind("q", entry.seq())
        .bind("p", space)
        .bind("i", id)
        .bind("b", Json.mapper().writeValueAsString(made.pair()))
        .execute();
    for (String turn : made.turnIds()) {
      handle
          .createUpdate(
              "merge into pair_source key(space_id, turn_id, pair_id) values (:p, :t, :i)")
          .bind("p", space)
          .bind("t", turn)
          .bind("i", id)
          .execute();
    }
    log(entry, "pair", space, id, json);
  }

  private void share(Owner owner, String name, List<String> ids, boolean add) {
    int space = space(owner);
    int collection = collection(owner.tenant(), name);
    handle
        .createUpdate(
            add
                ? "merge into shared key(collection_id, turn_seq) select :c, t.seq from unnest(:i)"
                    + " u(id) join turn t on t.space_id = :p and t.id = u.id"
                : "delete from shared where collection_id = :c and turn_seq in (select t.seq from"
                    + " unnest(:i) u(id) join turn t on t.space_id = :p and t.id = u.id)")
        .bind("c", collection)
        .bind("p", space)
        .bind("i", ids.toArray(String[]::new))
        .execute();
  }

  /** The hash by which an erasure names its subject without naming them. */
  static String subject(String salt, String tenant, String user) {
    return Hashes.sha256("erased", salt, tenant, user);
  }

  private void eraseMatching(Change.Erased erased) {
    Erasing.begin(handle);
    for (var each : Ledger.spaces(handle, new Selection.Everything()).entrySet()) {
      Owner owner = each.getValue();
      if (subject(erased.salt(), owner.tenant(), owner.user()).equals(erased.subject())) {
        eraseSpace(each.getKey());
      }
    }
    List<Map<String, Object>> granted =
        handle
            .createQuery(
                "select distinct p.tenant as tenant, g.usr as usr from grants g join space p on"
                    + " p.id = g.collection_id")
            .mapToMap()
            .list();
    for (Map<String, Object> each : granted) {
      String tenant = String.valueOf(each.get("tenant"));
      String user = String.valueOf(each.get("usr"));
      if (subject(erased.salt(), tenant, user).equals(erased.subject())) {
        handle
            .createUpdate(
                "delete from grants where usr = :u and collection_id in (select id from space where"
                    + " tenant = :t)")
            .bind("u", user)
            .bind("t", tenant)
            .execute();
        handle
            .createUpdate(
                "delete from change_log where op in ('grant', 'revoke') and target = :u and"
                    + " space_id in (select id from space where tenant = :t)")
            .bind("u", user)
            .bind("t", tenant)
            .execute();
      }
    }
    forgetCaches();
  }

  private void eraseSpace(int space) {
    handle.execute(
        "delete from shared where turn_seq in (select seq from turn where space_id = ?)", space);
    handle.execute(
        "delete from vector where turn_seq in (select seq from turn where space_id = ?)", space);
    for (String table :
        List.of(
            "turn",
            "signal",
            "fact",
            "pair",
            "pair_source",
            "trained_on",
            "change_log",
            "session")) {
      handle.execute("delete from " + table + " where space_id = ?", space);
    }
    handle.execute("delete from space where id = ?", space);
  }

  @Override
  public void close() {
    handle.close();
    try {
      if (!connection.isClosed()) {
        connection.close();
      }
    } catch (SQLException e) {
      throw new MemoryStoreException("cannot close the ledger's writer", true, e);
    }
  }
}

package dev.mneme.ltm;

import dev.mneme.data.Json;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Signal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.flywaydb.core.Flyway;
import org.h2.api.ErrorCode;
import org.h2.jdbcx.JdbcConnectionPool;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/**
 * The H2 database: opening, migrating, and every read. Connections never escape; reads are given a
 * {@link Handle} by the caller, who runs on one of the store's own threads.
 *
 * <p>H2 2.4 writes its file from a thread of its own, every half second, map by map, while
 * transactions go on. A death soon after such a write leaves a file in which a table is newer than
 * the undo log beside it, and the next opening takes half a transaction back or keeps half of one.
 * So that thread is put to sleep for good, and the one writer flushes between transactions instead,
 * when table and undo log agree. (A flush that H2 itself makes when it has much unsaved happens on
 * the writer's thread too, between the undo log's entry and the table's, and can be rolled back.)
 */
final class Ledger implements AutoCloseable {
  /** The newest migration; an up-to-date ledger skips the migration machinery. */
  static final String SCHEMA = "3";

  /** Writes everything committed to the file. */
  static final String FLUSH = "checkpoint";

  private static final int READERS = 16;

  /** The pools of open ledgers, and of closed ones that left a connection open. */
  private static final Set<JdbcConnectionPool> POOLS = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final JdbcConnectionPool pool;
  private final Jdbi jdbi;

  private Ledger(Path file, JdbcConnectionPool pool) {
    this.file = file;
    this.pool = pool;
    this.jdbi = Jdbi.create(pool);
  }

  static Ledger open(Path home, Vault vault) {
    return open(home, "ledger", vault);
  }

  static Ledger open(Path home, String name, Vault vault) {
    String password = vault.filePassword();
    Path file = home.resolve(name).toAbsolutePath();
    if (file.toString().contains(";")) {
      throw new IllegalArgumentException(
          "the memory's path must not contain a semicolon, got " + home);
    }
    // CACHE_SIZE is in KiB. DB_CLOSE_DELAY keeps the database open between connections; it is
    // closed by SHUTDOWN only, in close(). H2 would write stack traces and statements, with what
    // people said in them, to a file of its own; who is to know of an error gets an exception.
    String url =
        "jdbc:h2:file:"
            + file
            + ";DB_CLOSE_DELAY=-1;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0;CACHE_SIZE=65536"
            + (password == null ? "" : ";CIPHER=AES");
    var pool = JdbcConnectionPool.create(url, "mneme", password == null ? "" : password + " ");
    pool.setMaxConnections(READERS + 2);
    POOLS.add(pool);
    var ledger = new Ledger(home.resolve(name + ".mv.db"), pool);
    try {
      // Zero would flush at every commit; this is a sleep of 24 days, see above.
      ledger.jdbi.useHandle(handle -> handle.execute("set write_delay " + Integer.MAX_VALUE));
      ledger.migrate();
      return ledger;
    } catch (RuntimeException e) {
      ledger.dispose();
      throw new MemoryStoreException(
          "cannot open the ledger "
              + ledger.file
              + " ("
              + firstCause(e)
              + "); the journal beside it holds everything: `mneme memory recover` rebuilds it",
          false,
          e);
    }
  }

  private void migrate() {
    boolean current =
        jdbi.withHandle(
            handle -> {
              boolean exists =
                  handle
                          .createQuery(
                              "select count(*) from information_schema.tables where table_name ="
                                  + " 'FLYWAY_SCHEMA_HISTORY' or table_name ="
                                  + " 'flyway_schema_history'")
                          .mapTo(Integer.class)
                          .one()
                      > 0;
              return exists
                  && handle
                          .createQuery(
                              "select count(*) from \"flyway_schema_history\" where \"version\" ="
                                  + " :version and \"success\"")
                          .bind("version", SCHEMA)
                          .mapTo(Integer.class)
                          .one()
                      > 0;
            });
    if (!current) {
      Flyway.configure()
          .dataSource(pool)
          .locations("classpath:dev/mneme/ltm/migration")
          .javaMigrations(new FactHashes())
          .load()
          .migrate();
    }
  }

  Path file() {
    return file;
  }

  Jdbi jdbi() {
    return jdbi;
  }

  /** Writes everything committed to the file. Only while the writer writes nothing. */
  void flush() {
    try {
      jdbi.useHandle(handle -> handle.execute(FLUSH));
    } catch (JdbiException e) {
      throw new MemoryStoreException(
          "the ledger "
              + file
              + " cannot be written ("
              + firstCause(e)
              + "); nothing acknowledged is lost; make room on the disk and start again",
          true,
          e);
    }
  }

  /** What the file system said; H2 and Jdbi wrap it several times. */
  static String firstCause(Throwable e) {
    Throwable first = e;
    while (first.getCause() != null) {
      first = first.getCause();
    }
    return String.valueOf(first.getMessage());
  }

  /** A connection of its own for the writer; closed with the ledger. */
  Connection writerConnection() {
    try {
      return pool.getConnection();
    } catch (SQLException e) {
      throw new MemoryStoreException("cannot connect to the ledger " + file, true, e);
    }
  }

  @Override
  public void close() {
    try (Connection last = pool.getConnection();
        Statement statement = last.createStatement()) {
      statement.execute("shutdown");
    } catch (SQLException e) {
      if (e.getErrorCode() != ErrorCode.DATABASE_IS_CLOSED) {
        throw new MemoryStoreException("cannot close the ledger " + file, true, e);
      }
    } finally {
      dispose();
    }
  }

  private void dispose() {
    pool.dispose();
    if (pool.getActiveConnections() == 0) {
      POOLS.remove(pool);
    }
  }

  /** Connections in use in this process; when no ledger is open, those are leaks. */
  static long openConnections() {
    return POOLS.stream().mapToLong(JdbcConnectionPool::getActiveConnections).sum();
  }

  // ---- reads ----

  static long lastSequence(Handle handle) {
    return handle
        .createQuery("select coalesce(max(seq), 0) from change_log")
        .mapTo(Long.class)
        .one();
  }

  /** The number of an owner's space, or empty when nothing was ever stored for it. */
  static Optional<Integer> space(Handle handle, Owner owner) {
    return handle
        .createQuery(
            "select id from space where kind = 'U' and tenant = :t and usr = :u and agent = :a")
        .bind("t", owner.tenant())
        .bind("u", owner.user())
        .bind("a", owner.agent())
        .mapTo(Integer.class)
        .findOne();
  }

  static Map<Integer, Owner> spacesOfUser(Handle handle, String tenant, String user) {
    return spaces(handle, new Selection.User(tenant, user));
  }

  /** The owners a selection covers, by space number, in order. */
  static Map<Integer, Owner> spaces(Handle handle, Selection selection) {
    String where =
        switch (selection) {
          case Selection.Everything all -> "";
          case Selection.Tenant t -> " and tenant = :t";
          case Selection.User u -> " and tenant = :t and usr = :u";
          case Selection.One one -> " and tenant = :t and usr = :u and agent = :a";
        };
    var query =
        handle.createQuery(
            "select id, tenant, usr, agent from space where kind = 'U'" + where + " order by id");
    switch (selection) {
      case Selection.Everything all -> {}
      case Selection.Tenant t -> query.bind("t", t.tenant());
      case Selection.User u -> query.bind("t", u.tenant()).bind("u", u.user());
      case Selection.One one ->
          query
              .bind("t", one.owner().tenant())
              .bind("u", one.owner().user())
              .bind("a", one.owner().agent());
    }
    var found = new LinkedHashMap<Integer, Owner>();
    query
        .map(
            (row, context) ->
                Map.entry(
                    row.getInt(1), new Owner(row.getString(2), row.getString(3), row.getString(4))))
        .forEach(entry -> found.put(entry.getKey(), entry.getValue()));
    return found;
  }

  static Optional<Integer> collection(Handle handle, String tenant, String name) {
    return handle
        .createQuery(
            "select id from space where kind = 'C' and tenant = :t and usr = :u and agent = '*'")
        .bind("t", tenant)
        .bind("u", name)
        .mapTo(Integer.class)
        .findOne();
  }

  static Optional<Integer> session(Handle handle, int spaceId, String name) {
    return handle
        .createQuery("select id from session where space_id = :p and name = :n")
        .bind("p", spaceId)
        .bind("n", name)
        .mapTo(Integer.class)
        .findOne();
  }

  static Optional<TurnRow> turn(Handle handle, int spaceId, String id) {
    return handle
        .createQuery(
            "select " + TurnRow.COLUMNS + TurnRow.FROM + "where t.space_id = :p and t.id = :i")
        .bind("p", spaceId)
        .bind("i", id)
        .map((row, context) -> TurnRow.read(row))
        .findOne();
  }

  static Map<Long, TurnRow> turns(Handle handle, Collection<Long> sequences) {
    var found = new HashMap<Long, TurnRow>();
    if (!sequences.isEmpty()) {
      handle
          .createQuery("select " + TurnRow.COLUMNS + TurnRow.FROM + "where t.seq = any(:s)")
          .bind("s", sequences.toArray(Long[]::new))
          .map((row, context) -> TurnRow.read(row))
          .forEach(row -> found.put(row.seq(), row));
    }
    return found;
  }

  /** Turns of a session in an index range, forgotten ones too, in order. */
  static List<TurnRow> place(Handle handle, int sessionId, int from, int to) {
    return handle
        .createQuery(
            "select "
                + TurnRow.COLUMNS
                + TurnRow.FROM
                + "where t.session_id = :s and t.idx between :f and :t order by t.idx, t.seq")
        .bind("s", sessionId)
        .bind("f", from)
        .bind("t", to)
        .map((row, context) -> TurnRow.read(row))
        .list();
  }

  /** Up to {@code limit} turns of a space after a number, in sequence. */
  static List<TurnRow> after(Handle handle, int spaceId, long since, int limit) {
    return handle
        .createQuery(
            "select "
                + TurnRow.COLUMNS
                + " from change_log c join turn t on t.seq = c.seq join session s on s.id ="
                + " t.session_id join space p on p.id = t.space_id where c.space_id = :p and c.seq"
                + " > :since and t.forgotten_at is null order by c.seq limit :limit")
        .bind("p", spaceId)
        .bind("since", since)
        .bind("limit", limit)
        .map((row, context) -> TurnRow.read(row))
        .list();
  }

  static List<SessionSummary> sessions(Handle handle, int spaceId, Owner owner) {
    return handle
        .createQuery(
            """
            select s.name, count(*), min(t.at), max(t.at),
              (select substring(o.content, 1, 80) from turn o where o.session_id = s.id
               and o.forgotten_at is null and o.role = 'u' order by o.idx, o.seq limit 1)
            from session s join turn t on t.session_id = s.id and t.forgotten_at is null
            where s.space_id = :p group by s.id, s.name order by max(t.seq) desc
            """)
        .bind("p", spaceId)
        .map(
            (row, context) ->
                new SessionSummary(
                    owner.session(row.getString(1)),
                    row.getInt(2),
                    TurnRow.instant(row.getLong(3)),
                    TurnRow.instant(row.getLong(4)),
                    row.getString(5) == null ? "" : row.getString(5)))
        .list();
  }

  static List<Stored<Judgement>> signals(
      Handle handle, int spaceId, Owner owner, long since, int limit) {
    return handle
        .createQuery(
            "select g.seq, s.name, g.body from change_log c join signal g on g.seq = c.seq join"
                + " session s on s.id = g.session_id where c.space_id = :p and c.seq > :since order"
                + " by c.seq limit :limit")
        .bind("p", spaceId)
        .bind("since", since)
        .bind("limit", limit)
        .map(
            (row, context) ->
                new Stored<>(
                    row.getLong(1),
                    new Judgement(
                        owner.session(row.getString(2)),
                        Json.mapper().readValue(row.getString(3), Signal.class))))
        .list();
  }

  /**
   * The turns recall would have shown at a time: said by then, and not yet forgotten or revised. A
   * revision's time is that of the turn that took over.
   */
  static List<TurnRow> asOf(Handle handle, int space, Instant then) {
    return handle
        .createQuery(
            "select "
                + TurnRow.COLUMNS
                + TurnRow.FROM
                + "join change_log c on c.seq = t.seq where t.space_id = :p and c.at <= :a and not"
                + " t.echo and t.role <> 's' and (t.forgotten_at is null or t.forgotten_at > :a)"
                + " and (t.revised_by is null or exists (select 1 from turn n join change_log m on"
                + " m.seq = n.seq where n.space_id = t.space_id and n.id = t.revised_by and m.at >"
                + " :a)) order by t.seq")
        .bind("p", space)
        .bind("a", TurnRow.nanos(then))
        .map((row, context) -> TurnRow.read(row))
        .list();
  }

  static List<PreferencePair> pairs(Handle handle, int space) {
    return handle
        .createQuery("select body from pair where space_id = :p order by seq")
        .bind("p", space)
        .map((row, context) -> Json.mapper().readValue(row.getString(1), PreferencePair.class))
        .list();
  }

  /** The version of every fact that was the newest at a time; now when null. */
  static List<Fact> versions(Handle handle, int space, @Nullable Instant asOf) {
    if (asOf == null) {
      return facts(handle, "space_id = :p and replaced_at is null", Map.of("p", space));
    }
    return facts(
        handle,
        "space_id = :p and recorded_at <= :a and (replaced_at is null or replaced_at > :a)",
        Map.of("p", space, "a", TurnRow.nanos(asOf)));
  }

  /** The changes of one kind, of everybody. */
  static List<JournalEntry> changesOf(Handle handle, String op) {
    List<Long> sequences =
        handle
            .createQuery("select seq from change_log where op = :o order by seq")
            .bind("o", op)
            .mapTo(Long.class)
            .list();
    List<JournalEntry> found = new ArrayList<>();
    for (long seq : sequences) {
      found.addAll(changes(handle, seq - 1, 1));
    }
    return found;
  }

  /** The changes of a space before a number, the latest first. */
  static List<JournalEntry> changesBefore(Handle handle, int spaceId, long before, int limit) {
    List<Long> sequences =
        handle
            .createQuery(
                "select seq from change_log where space_id = :p and seq < :b order by space_id"
                    + " desc, seq desc limit :n")
            .bind("p", spaceId)
            .bind("b", before)
            .bind("n", limit)
            .mapTo(Long.class)
            .list();
    if (sequences.isEmpty()) {
      return List.of();
    }
    List<JournalEntry> page = changesOf(handle, spaceId, sequences.getLast() - 1, sequences.size());
    return page.reversed();
  }

  /** A change as stored: its number, time and content. */
  static List<JournalEntry> changes(Handle handle, long after, int limit) {
    List<JournalEntry> found = new ArrayList<>();
    readChanges(handle, "c.seq > :after", after, 0, limit, found::add);
    return found;
  }

  static List<JournalEntry> changesOf(Handle handle, int spaceId, long after, int limit) {
    List<JournalEntry> found = new ArrayList<>();
    readChanges(
        handle, "c.space_id = :space and c.seq > :after", after, spaceId, limit, found::add);
    return found;
  }

  private static void readChanges(
      Handle handle,
      String where,
      long after,
      int spaceId,
      int limit,
      Consumer<JournalEntry> reader) {
    record Head(long seq, String op, long at, @Nullable String payload) {}
    var query =
        handle
            .createQuery(
                "select c.seq, c.op, c.at, c.payload from change_log c where "
                    + where
                    + " order by c.seq limit :limit")
            .bind("after", after)
            .bind("limit", limit);
    if (where.contains(":space")) {
      query.bind("space", spaceId);
    }
    List<Head> heads =
        query
            .map(
                (row, context) ->
                    new Head(row.getLong(1), row.getString(2), row.getLong(3), row.getString(4)))
            .list();
    Map<Long, TurnRow> turns =
        turns(handle, heads.stream().filter(h -> h.op().equals("turn")).map(Head::seq).toList());
    for (Head head : heads) {
      @Nullable Change change = null;
      if (head.payload() != null) {
        change = Json.mapper().readValue(head.payload(), Change.class);
      } else {
        TurnRow row = turns.get(head.seq());
        if (row != null) {
          change = new Change.TurnAdded(row.turn(), row.echo());
        }
      }
      if (change == null) {
        throw new MemoryStoreException(
            "change "
                + head.seq()
                + " ("
                + head.op()
                + ") has no content in the ledger; run"
                + " `mneme memory verify`",
            false,
            null);
      }
      reader.accept(new JournalEntry(head.seq(), TurnRow.instant(head.at()), change));
    }
  }

  /** The current facts that rest on some turns. */
  static List<Fact> factsOf(Handle handle, int space, String[] turnIds) {
    return handle
        .createQuery(
            "select f.body from unnest(:i) u(id) join fact f on f.space_id = :p and f.source_turn ="
                + " u.id where f.replaced_at is null and f.status = 'CURRENT' order by f.seq")
        .bind("i", turnIds)
        .bind("p", space)
        .map((row, context) -> Json.mapper().readValue(row.getString(1), Fact.class))
        .list();
  }

  /** The facts of one attribute that are believed now. */
  static List<Fact> currentFacts(Handle handle, int space, String subject, String attribute) {
    return facts(
        handle,
        "space_id = :p and subject = :s and attribute = :a and replaced_at is null and status ="
            + " 'CURRENT'",
        Map.of("p", space, "s", subject, "a", attribute));
  }

  /** Of those, the ones with this value; hashes of different values may agree. */
  static List<Fact> currentFacts(
      Handle handle, int space, String subject, String attribute, String value) {
    return facts(
            handle,
            "space_id = :p and subject = :s and attribute = :a and replaced_at is null and status ="
                + " 'CURRENT' and val_hash = :h",
            Map.of("p", space, "s", subject, "a", attribute, "h", Remembering.hash(value)))
        .stream()
        .filter(fact -> Remembering.sameValue(fact.value(), value))
        .toList();
  }

  /** The newest version of a fact. */
  static Optional<Fact> fact(Handle handle, int space, String id) {
    return facts(
            handle,
            "space_id = :p and id = :i and replaced_at is null",
            Map.of("p", space, "i", id))
        .stream()
        .findFirst();
  }

  static List<Fact> facts(Handle handle, String where, Map<String, ?> bindings) {
    var query = handle.createQuery("select body from fact where " + where + " order by seq");
    query.bindMap(bindings);
    return query
        .map((row, context) -> Json.mapper().readValue(row.getString(1), Fact.class))
        .list();
  }

  /** The turns of {@code turn t} that recall may show: they are in the index and get vectors. */
  static final String SHOWN =
      "t.forgotten_at is null and not t.echo and t.revised_by is null and t.role <> 's' and"
          + " trim(t.content) <> ''";

  /** The texts of some turns, in order of their numbers. */
  static Map<Long, String> contents(Handle handle, List<Long> sequences) {
    var found = new LinkedHashMap<Long, String>();
    handle
        .createQuery("select seq, content from turn where seq = any(:s) order by seq")
        .bind("s", sequences.toArray(Long[]::new))
        .map((row, context) -> Map.entry(row.getLong(1), row.getString(2)))
        .forEach(entry -> found.put(entry.getKey(), entry.getValue()));
    return found;
  }

  /** Whether anything but turns and judgements was changed after a number. */
  static boolean othersThanTurns(Handle handle, long since) {
    return handle
            .createQuery(
                "select count(*) from change_log where seq > :s and op not in ('turn', 'signal',"
                    + " 'fact')")
            .bind("s", since)
            .mapTo(Integer.class)
            .one()
        > 0;
  }

  /** What stands behind the prefix in the name of a number; empty when nothing has it. */
  static Optional<String> metaName(Handle handle, String prefix, int value) {
    return handle
        .createQuery("select name from meta where name like :n and val = :v")
        .bind("n", prefix + "%")
        .bind("v", Integer.toString(value))
        .mapTo(String.class)
        .findOne()
        .map(name -> name.substring(prefix.length()));
  }

  static Optional<String> meta(Handle handle, String name) {
    return handle
        .createQuery("select val from meta where name = :n")
        .bind("n", name)
        .mapTo(String.class)
        .findOne();
  }

  static void putMeta(Handle handle, String name, String value) {
    handle
        .createUpdate("merge into meta key(name) values (:n, :v)")
        .bind("n", name)
        .bind("v", value)
        .execute();
  }
}

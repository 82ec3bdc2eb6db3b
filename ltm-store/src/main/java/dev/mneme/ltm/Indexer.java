package dev.mneme.ltm;

import dev.mneme.data.Json;
import dev.mneme.data.Role;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Makes the index follow the ledger: reads the changes after the last one applied and writes the
 * documents they touch, from the ledger's present state. So applying a change twice, or after a
 * later one, does no harm.
 *
 * <p>Confined to one thread at a time.
 */
final class Indexer {
  /** Neighbours on each side in the widest window. */
  private static final int REACH = 2;

  /** What a turn's own term counts; a neighbour's counts one less for each step away. */
  private static final int OWN = REACH + 1;

  /** Terms of one neighbour, or of one turn in its session's stretch, that count. */
  private static final int NEIGHBOUR_TERMS = 400;

  /** A session's touched places are loaded together up to this many turns apart. */
  private static final int SPAN = 256;

  private final MemoryIndex index;
  private final Words words;

  Indexer(MemoryIndex index, Words words) {
    this.index = index;
    this.words = words;
  }

  private record Place(int session, int idx) {}

  /** Applies the changes in (from, to]. */
  void apply(Handle handle, long from, long to) throws IOException {
    Map<Integer, NavigableSet<Integer>> touched = new TreeMap<>();
    handle
        .createQuery(
            "select t.session_id, t.idx from change_log c join turn t on t.seq = c.seq where c.seq"
                + " > :f and c.seq <= :t")
        .bind("f", from)
        .bind("t", to)
        .map((row, context) -> new Place(row.getInt(1), row.getInt(2)))
        .forEach(place -> touch(touched, place));
    record Other(int space, long at, @Nullable String payload) {}
    List<Other> others =
        handle
            .createQuery(
                "select space_id, at, payload from change_log where seq > :f and seq <= :t and op"
                    + " <> 'turn' and op <> 'signal' order by seq")
            .bind("f", from)
            .bind("t", to)
            .map((row, context) -> new Other(row.getInt(1), row.getLong(2), row.getString(3)))
            .list();
    for (Other other : others) {
      if (other.payload() == null) {
        continue;
      }
      Change change = Json.mapper().readValue(other.payload(), Change.class);
      if (change instanceof Change.Erased) {
        Set<Integer> alive = Erasing.alive(handle);
        index.keepSpaces(alive::contains);
      }
      for (Place place : places(handle, other.space(), turnsOf(change))) {
        touch(touched, place);
      }
      if (change instanceof Change.FactSet set) {
        for (Place place :
            places(handle, other.space(), restedOn(handle, other.space(), set, other.at()))) {
          touch(touched, place);
        }
      }
      if (change instanceof Change.Unshared gone) {
        unshare(handle, other.space(), gone);
      }
    }
    for (var each : touched.entrySet()) {
      session(handle, each.getKey(), each.getValue());
    }
  }

  /** Writes the documents of some turns again. */
  void again(Handle handle, List<Long> turns) throws IOException {
    Map<Integer, NavigableSet<Integer>> touched = new TreeMap<>();
    handle
        .createQuery("select session_id, idx from turn where seq = any(:s)")
        .bind("s", turns.toArray(Long[]::new))
        .map((row, context) -> new Place(row.getInt(1), row.getInt(2)))
        .forEach(place -> touch(touched, place));
    for (var each : touched.entrySet()) {
      session(handle, each.getKey(), each.getValue());
    }
  }

  /** Indexes some turns of one owner into an index of its own: the memory as it stood. */
  void past(int space, List<TurnRow> rows) throws IOException {
    Map<Integer, List<TurnRow>> sessions = new TreeMap<>();
    for (TurnRow row : rows) {
      sessions.computeIfAbsent(row.sessionId(), s -> new ArrayList<>()).add(row);
    }
    for (var session : sessions.entrySet()) {
      List<TurnRow> said = session.getValue();
      said.sort(Comparator.comparingInt(TurnRow::index).thenComparingLong(TurnRow::seq));
      List<List<String>> terms = said.stream().map(row -> words.of(row.content())).toList();
      Map<Integer, Map<String, Integer>> stretches = new TreeMap<>();
      for (int at = 0; at < said.size(); at++) {
        TurnRow row = said.get(at);
        index.put(
            doc(row, space, null, terms.get(at), window(said, terms, at), List.of(), Map.of()));
        count(
            stretches.computeIfAbsent(stretch(row.index()), n -> new HashMap<>()),
            head(terms.get(at)),
            1);
      }
      for (var stretch : stretches.entrySet()) {
        index.putStretch(space, session.getKey(), stretch.getKey(), stretch.getValue());
      }
    }
  }

  /** Indexes every turn of the ledger, into an index that was cleared. */
  void rebuild(Handle handle) throws IOException {
    List<Integer> sessions =
        handle.createQuery("select id from session order by id").mapTo(Integer.class).list();
    for (int session : sessions) {
      var all =
          new TreeSet<>(
              handle
                  .createQuery("select idx from turn where session_id = :s")
                  .bind("s", session)
                  .mapTo(Integer.class)
                  .list());
      session(handle, session, all);
    }
  }

  private static void touch(Map<Integer, NavigableSet<Integer>> touched, Place place) {
    touched.computeIfAbsent(place.session(), s -> new TreeSet<>()).add(place.idx());
  }

  private static List<String> turnsOf(Change change) {
    return switch (change) {
      case Change.TurnAdded added -> List.of(added.turn().id());
      case Change.TurnsForgotten gone -> gone.ids();
      case Change.TurnsRestored back -> back.ids();
      case Change.TurnRevised revised -> List.of(revised.oldId(), revised.newId());
      case Change.FactSet set ->
          set.fact().sourceTurn() == null ? List.of() : List.of(set.fact().sourceTurn());
      case Change.Shared shared -> shared.ids();
      case Change.SignalAdded s -> List.of();
      case Change.PairRecorded p -> List.of();
      case Change.Trained t -> List.of();
      case Change.Granted g -> List.of();
      case Change.Revoked r -> List.of();
      case Change.Unshared u -> List.of();
      case Change.Erased e -> List.of();
    };
  }

  /** The turns on which the versions rested that a change of a fact replaced. */
  private static List<String> restedOn(Handle handle, int space, Change.FactSet set, long at) {
    return handle
        .createQuery(
            "select distinct source_turn from fact where space_id = :p and id = :i and replaced_at"
                + " = :a and source_turn is not null")
        .bind("p", space)
        .bind("i", set.fact().id())
        .bind("a", at)
        .mapTo(String.class)
        .list();
  }

  private static List<Place> places(Handle handle, int space, Collection<String> ids) {
    if (ids.isEmpty()) {
      return List.of();
    }
    return handle
        .createQuery(
            "select t.session_id, t.idx from unnest(:i) u(id) join turn t on t.space_id = :p and"
                + " t.id = u.id")
        .bind("p", space)
        .bind("i", ids.toArray(String[]::new))
        .map((row, context) -> new Place(row.getInt(1), row.getInt(2)))
        .list();
  }

  private void unshare(Handle handle, int space, Change.Unshared gone) throws IOException {
    int collection = Ledger.collection(handle, gone.of().tenant(), gone.collection()).orElse(-1);
    List<Long> still =
        handle
            .createQuery("select turn_seq from shared where collection_id = :c")
            .bind("c", collection)
            .mapTo(Long.class)
            .list();
    List<Long> named =
        handle
            .createQuery(
                "select t.seq from unnest(:i) u(id) join turn t on t.space_id = :p and t.id ="
                    + " u.id")
            .bind("p", space)
            .bind("i", gone.ids().toArray(String[]::new))
            .mapTo(Long.class)
            .list();
    for (long seq : named) {
      if (!still.contains(seq)) {
        index.delete(sharedPrefix(collection) + Long.toString(seq, 36));
      }
    }
  }

  static String sharedPrefix(int collection) {
    return "c" + MemoryIndex.number(collection) + ".";
  }

  /** Writes the documents around the touched places of one session. */
  private void session(Handle handle, int session, NavigableSet<Integer> touched)
      throws IOException {
    var group = new TreeSet<Integer>();
    for (int idx : touched) {
      if (!group.isEmpty() && idx - group.first() > SPAN) {
        write(handle, session, group);
        group.clear();
      }
      group.add(idx);
    }
    write(handle, session, group);
  }

  private void write(Handle handle, int session, NavigableSet<Integer> touched) throws IOException {
    int low = stretch(touched.first()) * MemoryIndex.STRETCH;
    int high = (stretch(touched.last()) + 1) * MemoryIndex.STRETCH;
    List<TurnRow> rows =
        Ledger.place(
            handle,
            session,
            Math.max(0, Math.min(low, touched.first() - 2 * REACH)),
            Math.max(high, touched.last() + 2 * REACH));
    if (rows.isEmpty()) {
      return;
    }
    int space = rows.getFirst().spaceId();
    List<List<String>> terms = new ArrayList<>(rows.size());
    for (TurnRow row : rows) {
      terms.add(shown(row) ? words.of(row.content()) : List.of());
    }
    List<TurnRow> affected = new ArrayList<>();
    List<Integer> positions = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      int idx = rows.get(i).index();
      @Nullable Integer near = touched.ceiling(idx - REACH);
      if (near != null && near <= idx + REACH) {
        affected.add(rows.get(i));
        positions.add(i);
      }
    }
    Map<String, List<Fact>> facts = facts(handle, space, affected);
    Map<Long, Map<String, float[]>> vectors = vectors(handle, affected);
    Map<Long, List<Integer>> shares = shares(handle, affected);
    for (int a = 0; a < affected.size(); a++) {
      TurnRow row = affected.get(a);
      int at = positions.get(a);
      List<Integer> collections = shares.getOrDefault(row.seq(), List.of());
      if (!shown(row)) {
        index.delete(MemoryIndex.turnKey(row.seq()));
        for (int collection : collections) {
          index.delete(sharedPrefix(collection) + Long.toString(row.seq(), 36));
        }
        continue;
      }
      List<String> own = terms.get(at);
      index.put(
          doc(
              row,
              row.spaceId(),
              null,
              own,
              window(rows, terms, at),
              facts.getOrDefault(row.id(), List.of()),
              vectors.getOrDefault(row.seq(), Map.of())));
      for (int collection : collections) {
        // Only the turn itself was shared: its neighbours stay private.
        index.put(
            doc(
                row,
                collection,
                sharedPrefix(collection),
                own,
                alone(own),
                List.of(),
                vectors.getOrDefault(row.seq(), Map.of())));
      }
    }
    var stretches = new TreeSet<Integer>();
    for (int idx : touched) {
      stretches.add(stretch(idx));
    }
    for (int stretch : stretches) {
      Map<String, Integer> text = new HashMap<>();
      for (int i = 0; i < rows.size(); i++) {
        if (stretch(rows.get(i).index()) == stretch) {
          count(text, head(terms.get(i)), 1);
        }
      }
      index.putStretch(space, session, stretch, text);
    }
  }

  /** What recall may find: live words of people, assistants and tools; never a system prompt. */
  static boolean shown(TurnRow row) {
    return row.live() && row.role() != Role.SYSTEM;
  }

  static int stretch(int idx) {
    return idx / MemoryIndex.STRETCH;
  }

  private MemoryIndex.TurnDoc doc(
      TurnRow row,
      int space,
      @Nullable String keyPrefix,
      List<String> own,
      Map<String, Integer> words,
      List<Fact> facts,
      Map<String, float[]> vectors) {
    return new MemoryIndex.TurnDoc(
        space,
        row.sessionId(),
        row.seq(),
        row.index(),
        Math.floorDiv(row.atNanos(), 1_000_000_000L),
        row.speaker(),
        row.simhash(),
        Traits.of(row.content(), own.size()),
        Standing.of(facts),
        counted(own),
        words,
        counted(facts.stream().flatMap(f -> this.words.of(FactWords.of(f)).stream()).toList()),
        vectors,
        keyPrefix);
  }

  /** The turn's terms and its neighbours', the nearer the heavier. */
  private static Map<String, Integer> window(List<TurnRow> rows, List<List<String>> terms, int at) {
    Map<String, Integer> found = alone(terms.get(at));
    int idx = rows.get(at).index();
    for (int i = at - 1; i >= 0 && rows.get(i).index() >= idx - REACH; i--) {
      count(found, head(terms.get(i)), OWN - Math.max(1, idx - rows.get(i).index()));
    }
    for (int i = at + 1; i < rows.size() && rows.get(i).index() <= idx + REACH; i++) {
      count(found, head(terms.get(i)), OWN - Math.max(1, rows.get(i).index() - idx));
    }
    return found;
  }

  private static Map<String, Integer> alone(List<String> terms) {
    Map<String, Integer> found = new HashMap<>();
    count(found, terms, OWN);
    return found;
  }

  private static Map<String, Integer> counted(List<String> terms) {
    Map<String, Integer> found = new HashMap<>();
    count(found, terms, 1);
    return found;
  }

  private static void count(Map<String, Integer> counts, List<String> terms, int weight) {
    for (String term : terms) {
      counts.merge(term, weight, Integer::sum);
    }
  }

  private static List<String> head(List<String> terms) {
    return terms.size() <= NEIGHBOUR_TERMS ? terms : terms.subList(0, NEIGHBOUR_TERMS);
  }

  private static Map<String, List<Fact>> facts(Handle handle, int space, List<TurnRow> rows) {
    Map<String, List<Fact>> found = new HashMap<>();
    if (rows.isEmpty()) {
      return found;
    }
    List<Fact> facts =
        Ledger.factsOf(handle, space, rows.stream().map(TurnRow::id).toArray(String[]::new));
    for (Fact fact : facts) {
      String source = fact.sourceTurn();
      if (source != null) {
        found.computeIfAbsent(source, s -> new ArrayList<>()).add(fact);
      }
    }
    return found;
  }

  private static Map<Long, Map<String, float[]>> vectors(Handle handle, List<TurnRow> rows) {
    Map<Long, Map<String, float[]>> found = new HashMap<>();
    if (!rows.isEmpty()) {
      handle
          .createQuery("select turn_seq, generation, data from vector where turn_seq = any(:s)")
          .bind("s", rows.stream().map(TurnRow::seq).toArray(Long[]::new))
          .map(
              (row, context) ->
                  Map.entry(
                      row.getLong(1),
                      Map.entry(Vectors.field(row.getInt(2)), Vectors.floats(row.getBytes(3)))))
          .forEach(
              entry ->
                  found
                      .computeIfAbsent(entry.getKey(), k -> new HashMap<>())
                      .put(entry.getValue().getKey(), entry.getValue().getValue()));
    }
    return found;
  }

  private static Map<Long, List<Integer>> shares(Handle handle, List<TurnRow> rows) {
    Map<Long, List<Integer>> found = new HashMap<>();
    if (!rows.isEmpty()) {
      handle
          .createQuery("select turn_seq, collection_id from shared where turn_seq = any(:s)")
          .bind("s", rows.stream().map(TurnRow::seq).toArray(Long[]::new))
          .map((row, context) -> Map.entry(row.getLong(1), row.getInt(2)))
          .forEach(
              entry ->
                  found
                      .computeIfAbsent(entry.getKey(), k -> new ArrayList<>())
                      .add(entry.getValue()));
    }
    return found;
  }
}

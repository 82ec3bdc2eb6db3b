package dev.mneme.ltm;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.data.Conversation;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The long-term memory of an installation: turns, what people judged and what is known, found again
 * by a question.
 *
 * <pre>{@code
 * try (MemoryStore memory = MemoryStore.open(MemoryStoreConfig.at(home, Clock.systemUTC()))) {
 *   memory.remember(turn);
 *   List<Recalled> found = memory.recall(MemoryQuery.of(scope, "Where do I live?", 5));
 * }
 * }</pre>
 *
 * <p>A write that returned is on disk: it survives the death of the process and of the machine. A
 * read that begins after a write returned sees it. Thread-safe. One process at a time has a home
 * open; another is refused with {@link MemoryStoreException.InUse}. Caller's mistakes are {@link
 * IllegalArgumentException}s; failures of disk, database or index are {@link
 * MemoryStoreException}s.
 */
public final class MemoryStore implements AutoCloseable {
  private static final int PAGE = 1_000;

  private final MemoryStoreConfig config;
  private final Steps steps;
  private final StoreLock lock;
  private final Echoes echoes = new Echoes();

  /** Calls read-hold it; what replaces the engine write-holds it. */
  private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock(true);

  private @Nullable Engine engine;

  private MemoryStore(MemoryStoreConfig config, Steps steps) {
    this.config = config;
    this.steps = steps;
    createHome(config.home());
    this.lock = StoreLock.acquire(config.home(), config.clock().instant());
    try {
      engine = Engine.open(config, echoes, steps);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Opens the store, bringing ledger and index up to the journal. The caller closes it. */
  @MustBeClosed
  public static MemoryStore open(MemoryStoreConfig config) {
    return open(config, step -> {});
  }

  @MustBeClosed
  static MemoryStore open(MemoryStoreConfig config, Steps steps) {
    return new MemoryStore(requireNonNull(config, "config is null"), steps);
  }

  // ---- writing ----

  /** Keeps turns, all or none, in the order given. */
  public Receipt remember(Turn... turns) {
    return remember(List.of(turns));
  }

  /**
   * Keeps turns, all or none, in the order given. A turn already stored under its id is not stored
   * again. Recalled text inside a turn (a memory block) is left out; a model's or tool's turn that
   * mostly repeats recalled text is kept as conversation and is no memory.
   *
   * @throws IllegalArgumentException when a turn cannot be kept as it is, or its id already names
   *     other words
   */
  public Receipt remember(List<Turn> turns) {
    if (turns.isEmpty()) {
      throw new IllegalArgumentException("nothing to remember: no turns were given");
    }
    int chars = 0;
    for (Turn each : turns) {
      Admission.check(each);
      chars += each.message().content().length();
    }
    List<Turn> copy = List.copyOf(turns);
    int size = chars;
    return with(
        open -> open.write(size, transaction -> open.remembering().remember(transaction, copy)));
  }

  /** Keeps a judgement of a turn; returns its sequence. */
  public long recordSignal(Scope scope, Signal signal) {
    requireNonNull(signal, "signal is null");
    Admission.checkScope(scope);
    Admission.checkText("the judged turn's id", signal.turnId());
    return write(transaction -> transaction.append(new Change.SignalAdded(scope, signal)));
  }

  /**
   * Keeps a preference pair and the turns it was made from, so that erasing those turns' owner also
   * removes the pair; returns its sequence. The same pair again replaces itself.
   */
  public long recordPair(PreferencePair pair, List<String> turnIds) {
    Admission.checkScope(pair.scope());
    List<String> ids = List.copyOf(turnIds);
    return write(transaction -> transaction.append(new Change.PairRecorded(pair, ids)));
  }

  /**
   * Keeps that a checkpoint was trained on turns of an owner, so that erasing the owner names the
   * checkpoint; returns its sequence.
   */
  public long recordTraining(Owner owner, String checkpoint, List<String> turnIds) {
    requireNonNull(owner, "owner is null");
    Admission.checkName("a checkpoint", checkpoint);
    List<String> ids = List.copyOf(turnIds);
    return write(transaction -> transaction.append(new Change.Trained(owner, checkpoint, ids)));
  }

  /**
   * Hides turns of an owner from recall, lists and training; history keeps them and {@link
   * #restore} or {@link #undo} brings them back. Facts that rest on them are taken back, and what
   * those had superseded is believed again. For words that must be gone from the disk, erase.
   *
   * @return the sequence of the last change
   */
  public long forget(Owner owner, List<String> turnIds, String reason) {
    requireNonNull(owner, "owner is null");
    requireNonNull(reason, "reason is null");
    List<String> ids = List.copyOf(turnIds);
    return with(
        open ->
            open.write(
                0, transaction -> open.remembering().forget(transaction, owner, ids, reason)));
  }

  /** Brings forgotten or revised turns back. */
  public long restore(Owner owner, List<String> turnIds) {
    requireNonNull(owner, "owner is null");
    List<String> ids = List.copyOf(turnIds);
    return write(
        transaction -> {
          Remembering.requireTurns(transaction, owner, ids);
          return transaction.append(new Change.TurnsRestored(owner, ids));
        });
  }

  /**
   * Says a turn or a fact better. The old words stay in history and can be brought back by {@link
   * #undo}; recall shows the new ones.
   *
   * @param id of a turn or a fact
   */
  public Receipt revise(Owner owner, String id, String text) {
    requireNonNull(owner, "owner is null");
    Admission.checkText("the new text", text);
    if (text.isBlank()) {
      throw new IllegalArgumentException(
          "the new text of " + id + " is empty; to take a memory away, forget it");
    }
    return write(transaction -> Revising.revise(transaction, owner, id, text));
  }

  /** Enters a fact by hand; it supersedes what was believed of the attribute. */
  public Fact state(Owner owner, String subject, String attribute, String value) {
    requireNonNull(owner, "owner is null");
    Admission.checkName("a subject", subject);
    Admission.checkName("an attribute", attribute);
    Admission.checkName("a value", value);
    return write(transaction -> Revising.state(transaction, owner, subject, attribute, value));
  }

  /**
   * Takes one change back: an added turn is forgotten, a forgotten one restored, a fact set to its
   * version before. The change itself stays in history.
   *
   * @param sequence of a change in the owner's {@link #history}
   * @return the sequence of the change that takes it back
   */
  public long undo(Owner owner, long sequence) {
    requireNonNull(owner, "owner is null");
    return with(
        open ->
            open.write(
                0, transaction -> Revising.undo(transaction, open.remembering(), owner, sequence)));
  }

  // ---- shared collections ----

  /**
   * Lets a user read a collection of their tenant, and add to it when {@code mayWrite}. The first
   * grant makes the collection.
   *
   * @param agent only with this agent; {@code *} for any
   */
  public long grant(String tenant, String collection, String user, String agent, boolean mayWrite) {
    Admission.checkName("a tenant", tenant);
    Admission.checkName("a collection", collection);
    Admission.checkName("a user", user);
    Admission.checkName("an agent", agent);
    return write(
        transaction ->
            transaction.append(new Change.Granted(tenant, collection, user, agent, mayWrite)));
  }

  /** Takes a grant back. */
  public long revoke(String tenant, String collection, String user, String agent) {
    return write(
        transaction -> transaction.append(new Change.Revoked(tenant, collection, user, agent)));
  }

  /** Whether a user may read a collection of their tenant, or add to it; with any agent. */
  public boolean granted(String tenant, String collection, String user, boolean mayWrite) {
    return read(handle -> Sharing.granted(handle, tenant, user, collection, mayWrite));
  }

  /**
   * Lets the readers of a collection recall some of the owner's turns, without their neighbours.
   */
  public long share(Owner owner, String collection, List<String> turnIds) {
    List<String> ids = List.copyOf(turnIds);
    return write(
        transaction -> {
          Sharing.requireGrant(transaction.handle(), owner, collection, true);
          Remembering.requireTurns(transaction, owner, ids);
          return transaction.append(new Change.Shared(owner, collection, ids));
        });
  }

  /** No longer. */
  public long unshare(Owner owner, String collection, List<String> turnIds) {
    List<String> ids = List.copyOf(turnIds);
    return write(
        transaction -> {
          Remembering.requireTurns(transaction, owner, ids);
          return transaction.append(new Change.Unshared(owner, collection, ids));
        });
  }

  // ---- reading ----

  /** The last change that was made. */
  public long currentSequence() {
    return with(Engine::lastSequence);
  }

  /**
   * The memories that answer a question, best first.
   *
   * @throws IllegalArgumentException for a question without words, or a collection without a grant
   */
  public List<Recalled> recall(MemoryQuery query) {
    requireNonNull(query, "query is null");
    List<Recalled> found = with(open -> open.recall(query));
    echoes.recalled(Owner.of(query.scope()), found);
    return found;
  }

  /** Facts of an owner, oldest first. */
  public List<Fact> facts(Owner owner, FactQuery query) {
    requireNonNull(query, "query is null");
    return read(
        handle ->
            Ledger.space(handle, owner)
                .map(space -> Ledger.versions(handle, space, query.asOf()))
                .orElse(List.of())
                .stream()
                .filter(query::admits)
                .toList());
  }

  /** A turn of an owner by its id; empty when there is none or it was forgotten. */
  public Optional<Turn> turn(Owner owner, String id) {
    return read(
        handle ->
            Ledger.space(handle, owner)
                .flatMap(space -> Ledger.turn(handle, space, id))
                .filter(row -> !row.forgotten())
                .map(TurnRow::turn));
  }

  /** Everybody a selection covers who ever said something here, in the order they first did. */
  public List<Owner> owners(Selection selection) {
    return read(handle -> List.copyOf(Ledger.spaces(handle, selection).values()));
  }

  /** The owner's sessions, the latest first. */
  public List<SessionSummary> sessions(Owner owner) {
    return read(
        handle ->
            Ledger.space(handle, owner)
                .map(space -> Ledger.sessions(handle, space, owner))
                .orElse(List.of()));
  }

  /** A session's turns in order, without the forgotten ones. */
  public Conversation session(Scope scope) {
    return read(
        handle -> {
          List<Turn> turns =
              Ledger.space(handle, Owner.of(scope))
                  .flatMap(space -> Ledger.session(handle, space, scope.session()))
                  .map(session -> Ledger.place(handle, session, 0, Integer.MAX_VALUE))
                  .orElse(List.of())
                  .stream()
                  .filter(row -> !row.forgotten())
                  .map(TurnRow::turn)
                  .toList();
          return new Conversation(scope, turns);
        });
  }

  /**
   * The turns of a selection after a sequence, without the forgotten ones; owner by owner, in
   * sequence within each. Read in pages as the stream goes, so it holds nothing open.
   */
  public Stream<Stored<Turn>> turns(Selection selection, long since) {
    List<Integer> spaces = read(handle -> List.copyOf(Ledger.spaces(handle, selection).keySet()));
    return spaces.stream()
        .flatMap(
            space ->
                pages(
                    since,
                    after ->
                        read(handle -> Ledger.after(handle, space, after, PAGE)).stream()
                            .map(row -> new Stored<>(row.seq(), row.turn()))
                            .toList()));
  }

  /** The judgements of a selection after a sequence; owner by owner, in sequence within each. */
  public Stream<Stored<Judgement>> signals(Selection selection, long since) {
    Map<Integer, Owner> spaces = read(handle -> Ledger.spaces(handle, selection));
    return spaces.entrySet().stream()
        .flatMap(
            entry ->
                pages(
                    since,
                    after ->
                        read(
                            handle ->
                                Ledger.signals(
                                    handle, entry.getKey(), entry.getValue(), after, PAGE))));
  }

  /** The preference pairs of a selection, owner by owner. */
  public List<PreferencePair> pairs(Selection selection) {
    return read(
        handle ->
            Ledger.spaces(handle, selection).keySet().stream()
                .flatMap(space -> Ledger.pairs(handle, space).stream())
                .toList());
  }

  /** The latest changes of an owner, newest first; of one turn or fact when {@code id} is given. */
  public List<HistoryEntry> history(Owner owner, @Nullable String id, int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit must be positive, got " + limit);
    }
    return read(handle -> Revising.history(handle, owner, id, limit));
  }

  // ---- upkeep ----

  /** Counts and rates. */
  public MemoryStats stats(Selection selection) {
    return with(open -> open.upkeep().stats(selection));
  }

  /**
   * Waits until every turn that is stored now has its vector. Recall needs no waiting: it goes by
   * words meanwhile. Returns at once when there is no embedder.
   */
  public void awaitVectors() {
    with(
        open -> {
          open.awaitVectors();
          return open;
        });
  }

  /** Compares ledger, journal and index. */
  public Verification verify() {
    return with(open -> open.upkeep().verify());
  }

  /** Makes the index anew from the ledger. */
  public void rebuildIndex() {
    replace(() -> Upkeep.dropIndex(config.home()));
  }

  /**
   * Writes the memory of a selection as JSON Lines: a header, then every change in order. Importing
   * it into an empty store and exporting again gives the same file.
   */
  public Transfer export(Selection selection, Path file) {
    return with(open -> open.upkeep().export(selection, file));
  }

  /** Takes over an export; what is here already is skipped. All or nothing in each thousand. */
  public Transfer importFrom(Path file) {
    return with(open -> open.upkeep().importFrom(file));
  }

  /** Writes a consistent copy, as a zip, while the store works on. */
  public void backup(Path zip) {
    with(
        open -> {
          open.upkeep().backup(zip);
          return zip;
        });
  }

  /** Unpacks a backup into an empty or absent directory, ready to be opened. */
  public static void restore(Path zip, Path home) {
    Upkeep.restore(zip, home);
  }

  /**
   * Mends a home that does not open, or that {@link #verify} says to mend: gathers every change
   * that journal or ledger has, and makes anew whichever lacks some. What was there is kept beside
   * it, under a name with {@code damaged}.
   */
  public static Transfer recover(MemoryStoreConfig config) {
    createHome(config.home());
    try (StoreLock _ = StoreLock.acquire(config.home(), config.clock().instant())) {
      return Upkeep.recover(config);
    }
  }

  /**
   * Removes everything of one person: turns and their history, facts, judgements, preference pairs,
   * grants and shares; from the ledger's file, the journal, the index and the places named.
   *
   * <p>Those come first: when one fails, its exception is thrown, nothing is gone from the store,
   * and the erasure can be repeated.
   *
   * @return the receipt, which also names the checkpoints that learnt from what was removed
   */
  public ErasureReceipt erase(String tenant, String user, List<Erasable> elsewhere) {
    Admission.checkName("a tenant", tenant);
    Admission.checkName("a user", user);
    Map<String, Erasable.Removed> removed = new LinkedHashMap<>();
    for (Erasable each : elsewhere) {
      removed.put(each.name(), each.erase(tenant, user));
    }
    Erasing.Marked marked =
        with(open -> open.write(0, transaction -> Erasing.mark(transaction, tenant, user)));
    echoes.forget();
    replace(() -> Erasing.purge(config));
    return with(open -> Erasing.prove(open, marked, tenant, user, elsewhere, removed));
  }

  // ---- lifetime ----

  /** Finishes what was begun, and closes. Idempotent. */
  @Override
  public void close() {
    gate.writeLock().lock();
    try {
      Engine open = engine;
      if (open != null) {
        engine = null;
        try {
          open.close();
        } finally {
          lock.close();
        }
      }
    } finally {
      gate.writeLock().unlock();
    }
  }

  private static void createHome(Path home) {
    try {
      Files.createDirectories(home);
    } catch (IOException e) {
      throw new MemoryStoreException(
          "cannot create the memory's directory " + home + ": " + e.getMessage(), false, e);
    }
  }

  /** Closes the engine, lets something be done to its files, and opens it again. */
  private void replace(Runnable work) {
    gate.writeLock().lock();
    try {
      Engine open = engine;
      if (open == null) {
        throw new IllegalStateException("the memory is closed");
      }
      engine = null;
      open.close();
      try {
        work.run();
      } finally {
        engine = Engine.open(config, echoes, steps);
      }
    } finally {
      gate.writeLock().unlock();
    }
  }

  private <T> T with(Function<Engine, T> call) {
    gate.readLock().lock();
    try {
      Engine open = engine;
      if (open == null) {
        throw new IllegalStateException("the memory is closed");
      }
      return call.apply(open);
    } finally {
      gate.readLock().unlock();
    }
  }

  private <T> T write(Committer.Work<T> work) {
    return with(open -> open.write(0, work));
  }

  private <T> T read(Engine.Question<T> question) {
    return with(open -> open.read(question));
  }

  private static <T> Stream<Stored<T>> pages(long since, Function<Long, List<Stored<T>>> page) {
    var each =
        new Iterator<Stored<T>>() {
          private long after = since;
          private List<Stored<T>> loaded = List.of();
          private int next;
          private boolean done;

          @Override
          public boolean hasNext() {
            if (next >= loaded.size() && !done) {
              loaded = page.apply(after);
              next = 0;
              done = loaded.size() < PAGE;
            }
            return next < loaded.size();
          }

          @Override
          public Stored<T> next() {
            if (!hasNext()) {
              throw new NoSuchElementException("no more after change " + after);
            }
            Stored<T> value = loaded.get(next++);
            after = value.sequence();
            return value;
          }
        };
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(each, Spliterator.ORDERED | Spliterator.NONNULL),
        false);
  }
}

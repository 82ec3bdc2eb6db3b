package dev.mneme.ltm;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.data.Conversation;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jdbi.v3.core.HandleCallback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger log = LoggerFactory.getLogger(MemoryStore.class);
  private static final int PAGE = 1_000;

  private final MemoryStoreConfig config;
  private final StoreLock lock;
  private final Ledger ledger;
  private final Journal journal;
  private final LedgerWriter writer;
  private final Committer committer;
  private final Words words = new Words();
  private final Follower follower;
  private final Recaller recaller;
  private final ExecutorService readers;
  private volatile boolean closed;

  private MemoryStore(MemoryStoreConfig config, Committer.Steps steps) {
    this.config = config;
    createHome(config.home());
    var opened = new Opened();
    try {
      this.lock = opened.add(StoreLock.acquire(config.home(), config.clock().instant()));
      Vault vault = Vault.open(config.home(), config.passphrase());
      this.ledger = opened.add(Ledger.open(config.home(), vault));
      this.journal = opened.add(Journal.open(config.home(), vault));
      this.writer = opened.add(new LedgerWriter(ledger));
      long last = catchUp();
      String id = storeId();
      this.follower =
          opened.add(
              new Follower(
                  ledger, vault.sealed() ? null : config.home().resolve("index"), id, words, last));
      this.recaller = new Recaller(config.weights(), words);
      this.readers =
          Executors.newFixedThreadPool(
              Math.max(2, Runtime.getRuntime().availableProcessors()),
              Thread.ofPlatform().name("mneme-ltm-reader-", 0).daemon(true).factory());
      this.committer =
          new Committer(writer, journal, config.clock(), last, follower::committed, steps);
    } catch (RuntimeException e) {
      opened.closeAfter(e);
      throw e;
    }
    follower.start();
    committer.start();
  }

  /** Opens the store, bringing ledger and index up to the journal. The caller closes it. */
  @MustBeClosed
  public static MemoryStore open(MemoryStoreConfig config) {
    return open(config, step -> {});
  }

  @MustBeClosed
  static MemoryStore open(MemoryStoreConfig config, Committer.Steps steps) {
    return new MemoryStore(requireNonNull(config, "config is null"), steps);
  }

  // ---- writing ----

  /** Keeps turns, all or none, in the order given. */
  public Receipt remember(Turn... turns) {
    return remember(List.of(turns));
  }

  /**
   * Keeps turns, all or none, in the order given. A turn already stored under its id is not stored
   * again.
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
    return committer.submit(chars, transaction -> Remembering.remember(transaction, copy));
  }

  /** Keeps a judgement of a turn; returns its sequence. */
  public long recordSignal(Scope scope, Signal signal) {
    requireNonNull(scope, "scope is null");
    requireNonNull(signal, "signal is null");
    Admission.checkScope(scope);
    Admission.checkText("the judged turn's id", signal.turnId());
    return committer.submit(
        0, transaction -> transaction.append(new Change.SignalAdded(scope, signal)));
  }

  /**
   * Hides turns of an owner from recall, lists and training; history keeps them and {@link
   * #restore} brings them back. Facts that rest on them alone are retracted. For words that must be
   * gone from the disk, erase.
   *
   * @return the sequence of the last change
   */
  public long forget(Owner owner, List<String> turnIds, String reason) {
    requireNonNull(owner, "owner is null");
    requireNonNull(reason, "reason is null");
    List<String> ids = List.copyOf(turnIds);
    return committer.submit(0, transaction -> Remembering.forget(transaction, owner, ids, reason));
  }

  /** Brings forgotten turns back. */
  public long restore(Owner owner, List<String> turnIds) {
    requireNonNull(owner, "owner is null");
    List<String> ids = List.copyOf(turnIds);
    return committer.submit(
        0,
        transaction -> {
          Remembering.requireTurns(transaction, owner, ids);
          return transaction.append(new Change.TurnsRestored(owner, ids));
        });
  }

  // ---- reading ----

  /** The last change that was made. */
  public long currentSequence() {
    return committer.lastSequence();
  }

  /**
   * The memories that answer a question, best first.
   *
   * @throws IllegalArgumentException for a question without words, or a collection without a grant
   */
  public List<Recalled> recall(MemoryQuery query) {
    requireNonNull(query, "query is null");
    return onReader(
        () ->
            new Recalling(ledger, follower, recaller)
                .recall(query, currentSequence(), config.clock().instant()));
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

  // ---- lifetime ----

  /** Finishes what was begun, and closes. Idempotent. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    var opened = new Opened();
    opened.add(lock);
    opened.add(ledger);
    opened.add(journal);
    opened.add(writer);
    opened.add(follower);
    opened.add(readers);
    opened.add(committer);
    opened.close();
  }

  private long catchUp() {
    long have = ledger.jdbi().withHandle(Ledger::lastSequence);
    long[] last = {have};
    if (journal.lastSequence() > have) {
      try {
        journal.read(
            have,
            entry -> {
              writer.apply(entry);
              last[0] = entry.seq();
            });
        writer.commit();
      } catch (java.sql.SQLException e) {
        throw new MemoryStoreException("cannot bring the ledger up to the journal", false, e);
      }
      log.info("brought the ledger from change {} up to {} by the journal", have, last[0]);
    }
    return last[0];
  }

  private String storeId() {
    return ledger
        .jdbi()
        .inTransaction(
            handle -> {
              Optional<String> known = Ledger.meta(handle, "store");
              if (known.isPresent()) {
                return known.get();
              }
              String fresh = UUID.randomUUID().toString();
              Ledger.putMeta(handle, "store", fresh);
              return fresh;
            });
  }

  private static void createHome(Path home) {
    try {
      Files.createDirectories(home);
    } catch (IOException e) {
      throw new MemoryStoreException(
          "cannot create the memory's directory " + home + ": " + e.getMessage(), false, e);
    }
  }

  private <T> T read(HandleCallback<T, RuntimeException> question) {
    return onReader(() -> ledger.jdbi().withHandle(question));
  }

  private interface Read<T> {
    T run() throws IOException;
  }

  private <T> T onReader(Read<T> question) {
    var result = new CompletableFuture<T>();
    try {
      readers.execute(
          () -> {
            try {
              result.complete(question.run());
            } catch (Throwable e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("the memory is closed", e);
    }
    return Waiting.join(result);
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

  /**
   * What was opened, to be closed in reverse; the first failure is thrown with the others in it.
   */
  private static final class Opened {
    private final List<AutoCloseable> resources = new ArrayList<>();

    <T extends AutoCloseable> T add(T resource) {
      resources.add(resource);
      return resource;
    }

    void close() {
      @Nullable Exception first = closeAll();
      switch (first) {
        case null -> {}
        case RuntimeException e -> throw e;
        default -> throw new MemoryStoreException("cannot close the memory", true, first);
      }
    }

    void closeAfter(RuntimeException cause) {
      Exception more = closeAll();
      if (more != null) {
        cause.addSuppressed(more);
      }
    }

    private @Nullable Exception closeAll() {
      @Nullable Exception first = null;
      for (AutoCloseable each : resources.reversed()) {
        try {
          each.close();
        } catch (Exception e) {
          if (first == null) {
            first = e;
          } else {
            first.addSuppressed(e);
          }
        }
      }
      return first;
    }
  }
}

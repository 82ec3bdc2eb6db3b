package dev.mneme.ltm;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer. It takes whatever writes are waiting, decides and applies them in one
 * transaction, forces their journal lines to disk together (group commit), commits, and only then
 * acknowledges.
 *
 * <pre>
 * apply to H2 -> journal, fsync -> commit H2 -> acknowledge -> indexer
 * </pre>
 *
 * <p>H2 puts what it has into its file only between transactions and only on this thread (see
 * {@link Ledger}): here after {@link #FLUSH} changes, or when nothing was written for a moment.
 *
 * <p>A death before the fsync loses writes nobody was told of; after it, the journal brings H2 back
 * up on opening. A write that fails alone fails alone: the batch is rolled back and its other
 * writes run again.
 */
final class Committer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Committer.class);

  private static final int BATCH = 512;

  /** Changes between two flushes of H2, which bound what opening after a crash replays. */
  private static final int FLUSH = 2_000;

  private static final long IDLE_MILLIS = 300;

  /** Roughly: stop gathering once a batch holds this much text. */
  private static final int BATCH_CHARS = 2 << 20;

  /** What a write may do, on the writer's thread, inside its transaction. */
  interface Transaction {
    /** The ledger as this transaction sees it, for reading. */
    Handle handle();

    /** The moment of this write. */
    Instant now();

    /** Makes a change; throws before anything happens when the change is not well-formed. */
    long append(Change change);

    /** Makes a change that was first made at another time, elsewhere. */
    long append(Change change, Instant at);
  }

  /** A write. */
  interface Work<T> {
    T run(Transaction transaction);
  }

  private record Request<T>(Work<T> work, int chars, CompletableFuture<T> result) {
    void fail(Throwable cause) {
      result.completeExceptionally(cause);
    }
  }

  private final LedgerWriter writer;
  private final Journal journal;
  private final InstantSource clock;
  private final LongConsumer committed;
  private final Steps steps;
  private final LinkedBlockingQueue<Request<?>> queue = new LinkedBlockingQueue<>(4 * BATCH);
  private final Thread thread;
  private volatile boolean closing;
  private volatile long lastSequence;
  private int unflushed;
  private @Nullable MemoryStoreException broken;

  Committer(
      LedgerWriter writer,
      Journal journal,
      InstantSource clock,
      long lastSequence,
      LongConsumer committed,
      Steps steps) {
    this.writer = writer;
    this.journal = journal;
    this.clock = clock;
    this.lastSequence = lastSequence;
    this.committed = committed;
    this.steps = steps;
    this.thread = Thread.ofPlatform().name("mneme-ltm-writer").daemon(true).unstarted(this::loop);
  }

  void start() {
    thread.start();
  }

  /** The last acknowledged change. */
  long lastSequence() {
    return lastSequence;
  }

  /**
   * Runs a write and waits until it is on disk. An interrupt does not cut the wait short: the write
   * is whole either way, and the caller's interrupt flag is kept for the caller.
   */
  <T> T submit(int chars, Work<T> work) {
    var request = new Request<>(work, chars, new CompletableFuture<T>());
    boolean interrupted = false;
    while (true) {
      if (closing) {
        throw new IllegalStateException("the memory is closed");
      }
      try {
        queue.put(request);
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return Waiting.join(request.result());
  }

  private void loop() {
    List<Request<?>> batch = new ArrayList<>();
    while (true) {
      try {
        Request<?> first = next();
        batch.add(first);
        int chars = first.chars();
        while (batch.size() < BATCH && chars < BATCH_CHARS) {
          Request<?> next = queue.poll();
          if (next == null) {
            break;
          }
          batch.add(next);
          chars += next.chars();
        }
        if (!run(batch) && batch.size() > 1) {
          for (Request<?> each : batch) {
            if (!each.result().isDone()) {
              run(List.of(each));
            }
          }
        }
      } catch (InterruptedException e) {
        // Only close() ends this thread, by a last request.
      } catch (Stop e) {
        return;
      } finally {
        batch.clear();
      }
    }
  }

  private Request<?> next() throws InterruptedException {
    if (unflushed > 0 && unflushed < FLUSH) {
      Request<?> soon = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
      if (soon != null) {
        return soon;
      }
    }
    if (unflushed > 0) {
      flush();
    }
    return queue.take();
  }

  private void flush() {
    unflushed = 0;
    try {
      writer.flush();
      steps.reached("flushed");
    } catch (RuntimeException e) {
      // Every acknowledged write is in the journal, from which opening goes on.
      log.error("the ledger cannot be written to its file", e);
      broken =
          new MemoryStoreException(
              "the ledger cannot be written to its file ("
                  + Ledger.firstCause(e)
                  + "); nothing acknowledged is lost; make room on the disk and start again",
              false,
              e);
    }
  }

  /** Ends the loop, after all that came before it. */
  private static final class Stop extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  private static final Work<Object> STOP =
      transaction -> {
        throw new Stop();
      };

  /** True when every request was settled. */
  private boolean run(List<? extends Request<?>> batch) {
    if (broken != null) {
      boolean last = false;
      for (Request<?> each : batch) {
        last |= each.work().equals(STOP);
        each.fail(broken);
      }
      if (last) {
        throw new Stop();
      }
      return true;
    }
    var transaction = new Open();
    List<Runnable> acknowledgements = new ArrayList<>(batch.size());
    @Nullable Stop stop = null;
    boolean alone = batch.size() == 1;
    for (Request<?> each : batch) {
      try {
        acknowledgements.add(decide(each, transaction));
      } catch (Stop e) {
        stop = e;
        break;
      } catch (IllegalArgumentException e) {
        if (transaction.dirty()) {
          return settle(each, e, alone);
        }
        each.fail(e);
        transaction.seal();
      } catch (RuntimeException e) {
        return settle(each, e, alone);
      }
    }
    try {
      commit(transaction);
    } catch (RuntimeException e) {
      rollback();
      for (Request<?> each : batch) {
        each.fail(e);
      }
      return true;
    }
    acknowledgements.forEach(Runnable::run);
    if (!transaction.entries.isEmpty()) {
      committed.accept(lastSequence);
    }
    if (stop != null) {
      throw stop;
    }
    return true;
  }

  private <T> Runnable decide(Request<T> request, Open transaction) {
    transaction.begin();
    T result = request.work().run(transaction);
    transaction.seal();
    return () -> request.result().complete(result);
  }

  /** One write failed after it began: undo the batch; alone it fails, in company all run again. */
  private boolean settle(Request<?> request, RuntimeException cause, boolean alone) {
    rollback();
    if (alone || cause instanceof IllegalArgumentException) {
      request.fail(
          cause instanceof IllegalArgumentException || cause instanceof MemoryStoreException
              ? cause
              : new MemoryStoreException(
                  "the ledger refused a write: " + cause.getMessage(), true, cause));
    }
    return alone;
  }

  private void commit(Open transaction) {
    if (transaction.entries.isEmpty()) {
      try {
        writer.commit();
        unflushed++;
        return;
      } catch (SQLException e) {
        throw new MemoryStoreException("the ledger cannot commit: " + e.getMessage(), true, e);
      }
    }
    steps.reached("applied");
    journal.append(transaction.entries);
    steps.reached("journalled");
    try {
      writer.commit();
    } catch (SQLException e) {
      var failure =
          new MemoryStoreException("the ledger cannot commit: " + e.getMessage(), true, e);
      try {
        journal.takeBack();
      } catch (MemoryStoreException worse) {
        failure.addSuppressed(worse);
        broken = worse;
      }
      throw failure;
    }
    steps.reached("committed");
    lastSequence = transaction.entries.getLast().seq();
    unflushed += transaction.entries.size();
  }

  private void rollback() {
    try {
      writer.rollback();
    } catch (SQLException e) {
      broken =
          new MemoryStoreException(
              "the ledger cannot roll back (" + e.getMessage() + "); start again", false, e);
    }
  }

  private final class Open implements Transaction {
    private final List<JournalEntry> entries = new ArrayList<>();
    private Instant now = clock.instant();
    private int sealed;

    void begin() {
      now = clock.instant();
    }

    void seal() {
      sealed = entries.size();
    }

    boolean dirty() {
      return entries.size() > sealed;
    }

    @Override
    public Handle handle() {
      return writer.handle();
    }

    @Override
    public Instant now() {
      return now;
    }

    @Override
    public long append(Change change) {
      return append(change, now);
    }

    @Override
    public long append(Change change, Instant at) {
      String json = Change.json(change);
      Admission.checkChange(json);
      long sequence = lastSequence + entries.size() + 1;
      var entry = new JournalEntry(sequence, at, change);
      writer.apply(entry, json);
      entries.add(entry);
      return sequence;
    }
  }

  /** Finishes what is queued and stops. */
  @Override
  public void close() {
    if (closing) {
      return;
    }
    var stop = new Request<Object>(STOP, 0, new CompletableFuture<>());
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        if (!closing) {
          queue.put(stop);
          closing = true;
        }
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    for (Request<?> late : queue) {
      late.fail(new IllegalStateException("the memory is closed"));
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

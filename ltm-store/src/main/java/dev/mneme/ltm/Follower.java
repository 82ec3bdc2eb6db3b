package dev.mneme.ltm;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the index up with the ledger on a thread of its own, and lets readers wait until it is.
 *
 * <p>Writers are held back when the index falls too far behind, so a reader never waits long. When
 * the index cannot be written, writing to the ledger goes on and reading says what is wrong.
 */
final class Follower implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Follower.class);

  /** Changes applied at once. */
  private static final int CHUNK = 2_000;

  /** Changes between durable commits of the index, which bound the work of opening. */
  private static final int COMMIT = 10_000;

  /**
   * Milliseconds without a change after which what was applied is made visible, so that the next
   * reader finds it open; a stream of changes is not interrupted by that.
   */
  private static final long SETTLED = 5;

  /** Milliseconds without a change after which the index is made durable. */
  private static final long COMMITTED_AFTER = 2_000;

  /** Writers wait beyond this lag. */
  private static final int LAG = 10_000;

  private final Ledger ledger;
  private final MemoryIndex index;
  private final Indexer indexer;
  private final Steps steps;
  private final Thread thread;
  private final ReentrantLock monitor = new ReentrantLock();
  private final Condition moved = monitor.newCondition();
  private long wanted;
  private long applied;
  private final List<Long> touched = new ArrayList<>();
  private long touches;
  private long touchesDone;
  private long touchesKept;

  /** Touches that somebody waits to see committed. */
  private long keep;

  private boolean closing;
  private @Nullable MemoryStoreException failure;

  Follower(Ledger ledger, @Nullable Path dir, String store, Words words, long last, Steps steps) {
    this.ledger = ledger;
    this.steps = steps;
    this.index = MemoryIndex.open(dir, store);
    this.indexer = new Indexer(index, words);
    this.wanted = last;
    this.thread = Thread.ofPlatform().name("mneme-ltm-indexer").daemon(true).unstarted(this::loop);
    try {
      if (index.fits(last, embedders())) {
        applied = index.committed();
      } else {
        rebuild(last);
      }
    } catch (RuntimeException e) {
      try {
        index.close();
      } catch (IOException more) {
        e.addSuppressed(more);
      }
      throw e;
    }
  }

  void start() {
    thread.start();
  }

  MemoryIndex index() {
    return index;
  }

  /** The ledger has reached a change; called by the writer, who is held back when far ahead. */
  void committed(long sequence) {
    monitor.lock();
    try {
      wanted = sequence;
      moved.signalAll();
      while (wanted - applied > LAG && failure == null && !closing) {
        moved.awaitUninterruptibly();
      }
    } finally {
      monitor.unlock();
    }
  }

  /** Waits until the index shows a change. */
  void await(long sequence) throws IOException {
    monitor.lock();
    try {
      waitUntil(() -> applied >= sequence);
    } finally {
      monitor.unlock();
    }
    index.refresh();
  }

  /** Waits, with the monitor, until something holds or never will. */
  private void waitUntil(BooleanSupplier holds) {
    while (!holds.getAsBoolean()) {
      if (failure != null) {
        throw failure;
      }
      if (closing) {
        throw new IllegalStateException("the memory is closed");
      }
      moved.awaitUninterruptibly();
    }
  }

  /** Documents of these turns are to be written again: something beside the change log changed. */
  void touch(List<Long> turns) {
    monitor.lock();
    try {
      touched.addAll(turns);
      touches += turns.size();
      moved.signalAll();
    } finally {
      monitor.unlock();
    }
  }

  /**
   * Waits until everything touched so far was written again.
   *
   * @param kept and until the index has committed it, too
   */
  void awaitTouched(boolean kept) throws IOException {
    monitor.lock();
    try {
      long wantedTouches = touches;
      if (kept) {
        keep = touches;
        moved.signalAll();
      }
      waitUntil(() -> (kept ? touchesKept : touchesDone) >= wantedTouches);
    } finally {
      monitor.unlock();
    }
    index.refresh();
  }

  /** Touches the turns whose vectors of a generation are in the ledger and not in the index. */
  void touchUnlessShown(int generation) throws IOException {
    List<Long> made =
        ledger
            .jdbi()
            .withHandle(
                handle ->
                    handle
                        .createQuery(
                            "select t.seq from vector v join turn t on t.seq = v.turn_seq where"
                                + " v.generation = :g and "
                                + Ledger.SHOWN)
                        .bind("g", generation)
                        .mapTo(Long.class)
                        .list());
    Set<Long> shown = index.withVectors(Vectors.field(generation));
    touch(made.stream().filter(seq -> !shown.contains(seq)).toList());
  }

  long applied() {
    monitor.lock();
    try {
      return applied;
    } finally {
      monitor.unlock();
    }
  }

  private Set<String> embedders() {
    return ledger.jdbi().withHandle(Embedding::generations);
  }

  /** Makes the index anew from the ledger. Only while the thread is not running, or is paused. */
  private void rebuild(long last) {
    try {
      index.clear();
      ledger.jdbi().useHandle(handle -> rebuild(handle));
      index.commit(last, embedders(), steps);
      index.refresh();
      applied = last;
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private void rebuild(Handle handle) {
    try {
      indexer.rebuild(handle);
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private void loop() {
    long uncommitted = 0;
    boolean visible = true;
    while (true) {
      long from;
      long to;
      boolean last;
      boolean committed = false;
      List<Long> again;
      monitor.lock();
      try {
        while (applied >= wanted && touched.isEmpty() && !closing && touchesKept >= keep) {
          if (uncommitted == 0) {
            moved.awaitUninterruptibly();
          } else {
            try {
              if (!moved.await(visible ? COMMITTED_AFTER : SETTLED, TimeUnit.MILLISECONDS)) {
                break;
              }
            } catch (InterruptedException e) {
              log.debug("the indexer ignores an interrupt");
            }
          }
        }
        from = applied;
        to = Math.min(wanted, from + CHUNK);
        last = closing && from >= wanted;
        again = List.copyOf(touched.subList(0, Math.min(CHUNK, touched.size())));
        touched.subList(0, again.size()).clear();
      } finally {
        monitor.unlock();
      }
      try {
        if (to > from) {
          long end = to;
          ledger.jdbi().useHandle(handle -> indexer.apply(handle, from, end));
          uncommitted += to - from;
          steps.reached("indexed");
        }
        if (!again.isEmpty()) {
          ledger.jdbi().useHandle(handle -> indexer.again(handle, again));
          uncommitted += again.size();
        }
        boolean quiet = to == from && again.isEmpty();
        boolean idle = quiet && visible;
        if (quiet && !visible) {
          index.refresh();
        }
        visible = quiet;
        if (uncommitted > 0 && (uncommitted >= COMMIT || idle || last)) {
          index.commit(to, embedders(), steps);
          uncommitted = 0;
          committed = true;
        }
      } catch (IOException | JdbiException e) {
        stop(broken(e));
        return;
      } catch (RuntimeException e) {
        stop(broken(e));
        return;
      }
      monitor.lock();
      try {
        applied = to;
        touchesDone += again.size();
        if (committed) {
          touchesKept = touchesDone;
        }
        moved.signalAll();
      } finally {
        monitor.unlock();
      }
      if (last) {
        return;
      }
    }
  }

  private void stop(MemoryStoreException cause) {
    log.error("the index cannot follow the ledger", cause);
    monitor.lock();
    try {
      failure = cause;
      moved.signalAll();
    } finally {
      monitor.unlock();
    }
  }

  private static MemoryStoreException broken(Exception cause) {
    return new MemoryStoreException(
        "the index cannot follow the ledger ("
            + cause.getMessage()
            + "); every turn is safe in the ledger; make room on the disk, then run `mneme memory"
            + " rebuild-index`",
        false,
        cause);
  }

  @Override
  public void close() throws IOException {
    monitor.lock();
    try {
      closing = true;
      moved.signalAll();
    } finally {
      monitor.unlock();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    index.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

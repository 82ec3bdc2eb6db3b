package dev.mneme.model.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of threads that runs the iterations of a loop: the calling thread and {@code threads
 * - 1} daemons that spin briefly, then park, between loops.
 *
 * <p>Iterations are handed out dynamically, so results must not depend on which thread runs which
 * iteration; kernels keep partial sums per iteration, never per thread. One loop runs at a time
 * (callers queue); a loop started inside an iteration is refused.
 */
public final class Workers implements AutoCloseable {
  /** One iteration. */
  @FunctionalInterface
  public interface Body {
    /**
     * Runs iteration {@code task} on team member {@code worker} (0 to {@link Workers#threads()} -
     * 1).
     */
    void run(int task, int worker);
  }

  private static final int SPINS = 4000;

  private final Thread[] daemons;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger finished = new AtomicInteger();
  private final AtomicInteger generation = new AtomicInteger();
  private final ReentrantLock lock = new ReentrantLock();
  private volatile boolean closed;
  private @Nullable Body body;
  private int tasks;
  private volatile @Nullable Throwable failure;
  private volatile @Nullable Thread caller;

  /** A team of {@code threads} members. */
  public Workers(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException(threads + " threads asked for; expected at least 1");
    }
    daemons = new Thread[threads - 1];
    for (int i = 0; i < daemons.length; i++) {
      int worker = i + 1;
      daemons[i] =
          Thread.ofPlatform().daemon().name("mneme-compute-" + worker).start(() -> loop(worker));
    }
  }

  /** Members of the team, the caller included. */
  public int threads() {
    return daemons.length + 1;
  }

  /** Runs {@code body} for every task from 0 to {@code tasks} - 1 and returns when all are done. */
  public void run(int tasks, Body body) {
    if (lock.isHeldByCurrentThread() || isMember(Thread.currentThread())) {
      throw new IllegalStateException("a parallel loop was started inside a parallel loop");
    }
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the compute threads were closed");
      }
      if (daemons.length == 0 || tasks <= 1) {
        for (int task = 0; task < tasks; task++) {
          body.run(task, 0);
        }
      } else {
        fork(tasks, body);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean isMember(Thread thread) {
    for (Thread daemon : daemons) {
      if (daemon.equals(thread)) {
        return true;
      }
    }
    return false;
  }

  /** Runs {@code body} over {@code [0, n)} in ranges of at most {@code grain}. */
  public void ranges(int n, int grain, Range range) {
    int tasks = (n + grain - 1) / grain;
    run(tasks, (task, _) -> range.run(task * grain, Math.min(n, (task + 1) * grain)));
  }

  /** A half-open range of rows. */
  @FunctionalInterface
  public interface Range {
    /** Runs rows {@code from} to {@code to} (exclusive). */
    void run(int from, int to);
  }

  private void fork(int count, Body loopBody) {
    body = loopBody;
    tasks = count;
    failure = null;
    finished.set(0);
    next.set(0);
    caller = Thread.currentThread();
    generation.incrementAndGet();
    for (Thread daemon : daemons) {
      LockSupport.unpark(daemon);
    }
    drain(loopBody, count, 0);
    int spins = 0;
    while (finished.get() < daemons.length) {
      if (++spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
      }
    }
    body = null;
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable t -> throw new IllegalStateException(t);
    }
  }

  private void drain(Body loopBody, int count, int worker) {
    try {
      for (int task = next.getAndIncrement(); task < count; task = next.getAndIncrement()) {
        loopBody.run(task, worker);
      }
    } catch (Throwable t) {
      failure = t;
      next.set(count);
    }
  }

  private void loop(int worker) {
    int seen = 0;
    while (!closed) {
      int spins = 0;
      while (generation.get() == seen && !closed) {
        if (++spins < SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
        }
      }
      if (closed) {
        return;
      }
      seen = generation.get();
      Body loopBody = body;
      if (loopBody != null) {
        drain(loopBody, tasks, worker);
      }
      if (finished.incrementAndGet() == daemons.length) {
        LockSupport.unpark(caller);
      }
    }
  }

  /** Ends the threads. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    for (Thread daemon : daemons) {
      LockSupport.unpark(daemon);
    }
  }
}

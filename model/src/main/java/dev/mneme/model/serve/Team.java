package dev.mneme.model.serve;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that run one program together, each on its share, meeting at barriers. A token is some
 * seventy stages of a few microseconds: with a barrier of a fraction of a microsecond between them
 * nothing is handed over but the program itself, once a token.
 *
 * <p>Between programs the helpers spin for some tens of microseconds, then park; at a barrier they
 * yield if the others are late, so that a busy machine is not made busier. {@link #run} is called
 * by one thread at a time; that thread is number 0.
 */
final class Team implements AutoCloseable {
  /** A program; all threads call it with their number. */
  interface Work {
    void run(int thread);
  }

  private static final int IDLE_SPINS = 20_000;
  private static final int BARRIER_SPINS = 4_000;

  /** A wait this long at a barrier of a short program means that a thread had no processor. */
  private static final long LATE_NANOS = 1_000_000;

  /** Short programs that run alone after one that waited too long. */
  private static final int ALONE = 32;

  /**
   * Programs that run alone at first where there is no processor beside the team's: kernels are
   * interpreted until they are compiled, and the compiler needs a processor, too.
   */
  private static final int COLD = 6;

  private final int size;
  private int active;
  private int alone;
  private int cold;
  private volatile boolean late;
  private final Thread[] helpers;
  private final AtomicInteger arrived = new AtomicInteger();
  private final AtomicInteger finished = new AtomicInteger();
  private volatile int phase;
  private volatile int generation;
  private volatile boolean closed;
  private volatile @Nullable Throwable failure;
  private @Nullable Work work;

  Team(int size) {
    if (size < 1) {
      throw new IllegalArgumentException(size + " threads asked for; expected at least 1");
    }
    this.size = size;
    active = size;
    cold = Runtime.getRuntime().availableProcessors() > size ? 0 : COLD;
    helpers = new Thread[size - 1];
    for (int i = 0; i < helpers.length; i++) {
      int number = i + 1;
      helpers[i] =
          Thread.ofPlatform().daemon().name("mneme-decode-" + number).start(() -> help(number));
    }
  }

  /** Threads at most. */
  int size() {
    return size;
  }

  /** Threads that run the current program. */
  int active() {
    return active;
  }

  /** The first of {@code n} items that thread {@code t} handles; its last is before the next's. */
  int share(int n, int t) {
    return (int) ((long) n * t / active);
  }

  /**
   * Runs the program on all threads, or on this one alone, and returns when it is finished.
   *
   * @param brief whether no stage should take a millisecond, so that waiting that long at a barrier
   *     tells that the machine is busy
   */
  void run(Work program, boolean brief) {
    if (closed) {
      throw new IllegalStateException("the decoder is closed");
    }
    if (size == 1 || cold > 0 || (brief && alone > 0)) {
      cold = Math.max(0, cold - 1);
      alone = Math.max(0, alone - 1);
      active = 1;
      try {
        program.run(0);
      } finally {
        active = size;
      }
      return;
    }
    late = false;
    runTogether(program);
    if (brief && late) {
      alone = ALONE;
    }
  }

  private void runTogether(Work program) {
    failure = null;
    arrived.set(0);
    finished.set(0);
    work = program;
    int next = generation + 1; // only the one caller writes it
    generation = next;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
    execute(program, 0);
    int spins = 0;
    while (finished.get() < helpers.length) {
      if (++spins < BARRIER_SPINS) {
        Thread.onSpinWait();
      } else {
        giveWay();
      }
    }
    work = null;
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  private void execute(Work program, int number) {
    try {
      program.run(number);
    } catch (Throwable t) {
      if (failure == null) {
        failure = t; // frees those who wait at a barrier
      }
    }
  }

  /** Returns when all threads of the program have come here. */
  void barrier() {
    if (active == 1) {
      return;
    }
    int now = phase;
    if (arrived.incrementAndGet() == size) {
      arrived.set(0);
      phase = now + 1;
      return;
    }
    int spins = 0;
    long began = 0;
    while (phase == now) {
      if (++spins < BARRIER_SPINS) {
        Thread.onSpinWait();
      } else {
        if (spins == BARRIER_SPINS) {
          began = System.nanoTime();
        } else if (System.nanoTime() - began > LATE_NANOS) {
          late = true;
        }
        if (failure != null) {
          throw new IllegalStateException("another thread of the team failed", failure);
        }
        giveWay();
      }
    }
  }

  /** Long past a stage's usual time: the others were not given a processor. */
  @SuppressWarnings("ThreadPriorityCheck") // a hint only; progress does not depend on it
  private static void giveWay() {
    Thread.yield();
  }

  private void help(int number) {
    int seen = 0;
    while (true) {
      int spins = 0;
      while (generation == seen) {
        if (closed) {
          return;
        }
        if (++spins < IDLE_SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
        }
      }
      seen = generation;
      Work program = work;
      if (program != null) {
        execute(program, number);
      }
      finished.incrementAndGet();
    }
  }

  /** Ends the helpers. Idempotent. */
  @Override
  public void close() {
    closed = true;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
  }
}

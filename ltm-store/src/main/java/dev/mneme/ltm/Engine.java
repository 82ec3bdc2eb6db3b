package dev.mneme.ltm;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ledger, journal, index and their threads, from opening to closing. Thread-safe. */
final class Engine implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Engine.class);

  /** Changes the journal takes over from the ledger at once. */
  private static final int COMPLETING = 1_000;

  private final MemoryStoreConfig config;
  private final Ledger ledger;
  private final Journal journal;
  private final LedgerWriter writer;
  private final Committer committer;
  private final Follower follower;
  private final Recaller recaller;
  private final Remembering remembering;
  private final ExecutorService readers;
  private final Upkeep upkeep;
  private final @Nullable Embedding embedding;

  /** Opens; when a crash came into an erasure, finishes that first. */
  static Engine open(MemoryStoreConfig config, Echoes echoes, Steps steps) {
    if (Erasing.pending(config.home())) {
      Erasing.purge(config);
    }
    var engine = new Engine(config, echoes, steps);
    if (engine.read(Erasing::pending)) {
      engine.close();
      Erasing.purge(config);
      engine = new Engine(config, echoes, steps);
    }
    return engine;
  }

  private Engine(MemoryStoreConfig config, Echoes echoes, Steps steps) {
    this.config = config;
    var words = new Words();
    var opened = new Opened();
    try {
      Vault vault = Vault.open(config.home(), config.passphrase());
      this.ledger = opened.add(Ledger.open(config.home(), vault));
      this.journal = opened.add(Journal.open(config.home(), vault));
      this.writer = opened.add(new LedgerWriter(ledger));
      long last = catchUp(ledger, journal, writer);
      complete(ledger, journal, last);
      this.follower =
          opened.add(
              new Follower(
                  ledger,
                  vault.sealed() ? null : config.home().resolve("index"),
                  storeId(ledger),
                  words,
                  last,
                  steps));
      this.readers =
          opened.add(
              Executors.newFixedThreadPool(
                  Math.max(2, Runtime.getRuntime().availableProcessors()),
                  Thread.ofPlatform().name("mneme-ltm-reader-", 0).daemon(true).factory()));
      this.committer =
          opened.add(
              new Committer(writer, journal, config.clock(), last, follower::committed, steps));
      this.recaller = new Recaller(config.weights(), words);
      this.remembering = new Remembering(config.extractor(), echoes);
      this.upkeep = new Upkeep(config, this, ledger, journal, follower);
      Embedder embedder = config.embedder();
      this.embedding =
          embedder == null
              ? null
              : opened.add(
                  new Embedding(
                      embedder, config.formerEmbedders(), ledger, follower, committer, steps));
      ledger.flush();
    } catch (RuntimeException e) {
      opened.closeAfter(e);
      throw e;
    }
    follower.start();
    committer.start();
    if (embedding != null) {
      embedding.start();
    }
  }

  Remembering remembering() {
    return remembering;
  }

  Upkeep upkeep() {
    return upkeep;
  }

  Follower follower() {
    return follower;
  }

  Instant now() {
    return config.clock().instant();
  }

  long lastSequence() {
    return committer.lastSequence();
  }

  <T> T write(int chars, Committer.Work<T> work) {
    return committer.submit(chars, work);
  }

  /** A question to the ledger, asked on a reader's thread. */
  interface Question<T> {
    T ask(Handle handle);
  }

  <T> T read(Question<T> question) {
    return onReader(() -> ledger.jdbi().withHandle(question::ask));
  }

  List<Recalled> recall(MemoryQuery query) {
    long sequence = lastSequence();
    return onReader(
        () -> new Recalling(ledger, follower, recaller, embedding).recall(query, sequence, now()));
  }

  /** Waits until every turn has its vector; returns at once without an embedder. */
  void awaitVectors() {
    Embedding open = embedding;
    if (open != null) {
      long sequence = lastSequence();
      onReader(
          () -> {
            follower.await(sequence);
            try {
              open.await(sequence);
            } catch (InterruptedException e) {
              throw new MemoryStoreException("interrupted while embedding", true, e);
            }
            return sequence;
          });
    }
  }

  /** Work on a reader's thread. */
  interface Task<T> {
    T run() throws IOException;
  }

  <T> T onReader(Task<T> task) {
    var result = new CompletableFuture<T>();
    try {
      readers.execute(
          () -> {
            try {
              result.complete(task.run());
            } catch (Throwable e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("the memory is closed", e);
    }
    return Waiting.join(result);
  }

  @Override
  public void close() {
    var opened = new Opened();
    opened.add(ledger);
    opened.add(journal);
    opened.add(writer);
    opened.add(follower);
    opened.add(readers);
    opened.add(committer);
    if (embedding != null) {
      opened.add(embedding);
    }
    opened.close();
  }

  /** Brings the ledger up to the journal after a crash; returns the last change. */
  static long catchUp(Ledger ledger, Journal journal, LedgerWriter writer) {
    long have = ledger.jdbi().withHandle(Ledger::lastSequence);
    long[] last = {have};
    if (journal.lastSequence() > have) {
      try {
        int[] open = {0};
        journal.read(
            have,
            entry -> {
              writer.apply(entry, Change.json(entry.change()));
              last[0] = entry.seq();
              if (++open[0] % 10_000 == 0) {
                commit(writer);
              }
            });
        writer.commit();
      } catch (SQLException e) {
        throw new MemoryStoreException("cannot bring the ledger up to the journal", false, e);
      }
      log.info("brought the ledger from change {} to {} by the journal", have, last[0]);
    }
    return last[0];
  }

  /**
   * Brings the journal up to the ledger. It is behind only when the disk lost the end of it, or all
   * of it: the writer never commits to the ledger what is not in the journal.
   */
  private static void complete(Ledger ledger, Journal journal, long last) {
    long had = journal.lastSequence();
    if (had >= last) {
      return;
    }
    while (journal.lastSequence() < last) {
      long after = journal.lastSequence();
      List<JournalEntry> page =
          ledger.jdbi().withHandle(handle -> Ledger.changes(handle, after, COMPLETING));
      if (page.isEmpty()) {
        return;
      }
      journal.append(page);
    }
    log.warn("completed the journal, which ended at change {}, to {} from the ledger", had, last);
  }

  private static void commit(LedgerWriter writer) {
    try {
      writer.commit();
    } catch (SQLException e) {
      throw new MemoryStoreException("cannot bring the ledger up to the journal", false, e);
    }
  }

  private static String storeId(Ledger ledger) {
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

  /**
   * What was opened, to be closed in reverse; the first failure is thrown with the others in it.
   */
  static final class Opened {
    private final List<AutoCloseable> resources = new ArrayList<>();

    <T extends AutoCloseable> T add(T resource) {
      resources.add(resource);
      return resource;
    }

    void close() {
      Exception first = closeAll();
      if (first instanceof RuntimeException e) {
        throw e;
      }
      if (first != null) {
        throw new MemoryStoreException("cannot close the memory", true, first);
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

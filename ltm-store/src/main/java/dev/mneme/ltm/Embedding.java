package dev.mneme.ltm;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives turns their vectors on a thread of its own, in the background: new turns as they come, and
 * all of them anew when the embedder's id changes.
 *
 * <p>Each id has its generation of vectors. A generation serves only once every turn has one of its
 * vectors and the index shows and keeps them, because an index embedded by half finds less than
 * none at all. Until then the generation that served before goes on, with its own embedder, and new
 * turns are given vectors of both. When the new one takes over, the old vectors are dropped, from
 * the ledger first and then from the index. A death at any point resumes where it was: which
 * generation serves is in the ledger.
 */
final class Embedding implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Embedding.class);
  private static final int BATCH = 64;

  /** Turns without a vector that recall tolerates: the newest, found by their words meanwhile. */
  private static final int LAG = 256;

  /** Old vectors deleted in one transaction, which writers wait for. */
  private static final int DROPPED = 2_000;

  private static final String SERVING = "serving generation";

  private final Ledger ledger;
  private final Follower follower;
  private final Committer committer;
  private final Steps steps;
  private final Generation current;
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);

  /** Held for reading while a generation serves a search, for writing to let another serve. */
  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();

  private @Nullable Generation former;

  /** The current generation is the one that serves. */
  private volatile boolean ready;

  private volatile boolean stopped;

  /** One embedder's vectors. Written by the embedding thread. */
  private final class Generation {
    final Embedder embedder;
    final int number;

    /** Every turn up to here has its vector. */
    private long embeddedUpTo;

    /** The changes that {@link #missing} knows of. */
    private volatile long checked = -1;

    /** Turns without a vector, at most one more than {@link #LAG}. */
    private volatile int missing;

    /**
     * @param complete it served before, so hardly a vector is missing; the first step looks
     */
    Generation(Embedder embedder, int number, boolean complete) {
      this.embedder = embedder;
      this.number = number;
      this.missing = complete ? 0 : Integer.MAX_VALUE;
    }

    Meaning meaning(String question) {
      return new Meaning(Vectors.field(number), embed(question));
    }

    private float[] embed(String text) {
      float[] vector = embedder.embed(text);
      if (vector.length != embedder.dimensions()) {
        throw new IllegalStateException(
            "embedder "
                + embedder.id()
                + " promises "
                + embedder.dimensions()
                + " dimensions and gave "
                + vector.length);
      }
      return vector;
    }

    /** Counts what is missing after new changes; the first of it. */
    private List<Long> lacking() {
      long upTo = committer.lastSequence();
      if (missing == 0 && checked == upTo) {
        return List.of();
      }
      return ledger
          .jdbi()
          .withHandle(
              handle -> {
                if (checked >= 0 && Ledger.othersThanTurns(handle, checked)) {
                  // A turn that was forgotten before it had a vector may be back.
                  embeddedUpTo = 0;
                }
                List<Long> first =
                    handle
                        .createQuery(
                            "select t.seq from turn t where t.seq > :s and "
                                + Ledger.SHOWN
                                + " and not exists (select 1 from vector v where v.turn_seq = t.seq"
                                + " and v.generation = :g) order by t.seq limit :n")
                        .bind("s", embeddedUpTo)
                        .bind("g", number)
                        .bind("n", LAG + 1)
                        .mapTo(Long.class)
                        .list();
                // In this order: who reads that all was checked reads what was found, too.
                missing = first.size();
                checked = upTo;
                if (first.isEmpty()) {
                  embeddedUpTo = upTo;
                }
                return first;
              });
    }

    /** Embeds a batch; false when nothing is missing. */
    boolean step() {
      List<Long> lacking = lacking();
      if (lacking.isEmpty() || this != current && lacking.size() > LAG) {
        return false;
      }
      List<Long> batch = lacking.subList(0, Math.min(BATCH, lacking.size()));
      Map<Long, String> texts = ledger.jdbi().withHandle(handle -> Ledger.contents(handle, batch));
      Map<Long, byte[]> made = new LinkedHashMap<>();
      for (var each : texts.entrySet()) {
        if (stop.getCount() == 0) {
          break;
        }
        made.put(each.getKey(), Vectors.bytes(embed(each.getValue())));
      }
      if (made.isEmpty()) {
        return false;
      }
      committer.submit(
          0,
          transaction -> {
            for (var each : made.entrySet()) {
              transaction
                  .handle()
                  .createUpdate("merge into vector key(turn_seq, generation) values (:t, :g, :d)")
                  .bind("t", each.getKey())
                  .bind("g", number)
                  .bind("d", each.getValue())
                  .execute();
            }
            return made.size();
          });
      steps.reached("embedded");
      List<Long> embedded = List.copyOf(made.keySet());
      embeddedUpTo = embedded.getLast();
      follower.touch(embedded);
      return true;
    }
  }

  /**
   * Opens the former embedder when it is needed and to be had.
   *
   * @param embedder stays the caller's
   */
  Embedding(
      Embedder embedder,
      FormerEmbedders formers,
      Ledger ledger,
      Follower follower,
      Committer committer,
      Steps steps) {
    this.ledger = ledger;
    this.follower = follower;
    this.committer = committer;
    this.steps = steps;
    int number = generation(embedder.id());
    Optional<Integer> serving =
        ledger.jdbi().withHandle(handle -> Ledger.meta(handle, SERVING).map(Integer::parseInt));
    this.ready = serving.isPresent() && serving.get() == number;
    this.current = new Generation(embedder, number, ready);
    this.former = serving.isEmpty() || ready ? null : former(formers, serving.get());
    this.thread = Thread.ofPlatform().name("mneme-ltm-embedder").daemon(true).unstarted(this::loop);
  }

  private @Nullable Generation former(FormerEmbedders formers, int number) {
    Optional<String> id =
        ledger.jdbi().withHandle(handle -> Ledger.metaName(handle, "generation:", number));
    Embedder found = id.isEmpty() ? null : formers.open(id.get());
    if (found == null) {
      log.warn(
          "the embedder {} that made the memory's vectors is gone; recall goes by words until {}"
              + " has made new ones",
          id.orElse("?"),
          current.embedder.id());
      return null;
    }
    if (!found.id().equals(id.get())) {
      found.close();
      throw new IllegalStateException(
          "asked for the embedder " + id.get() + " and was given " + found.id());
    }
    log.info("{} serves until {} has embedded every turn", found.id(), current.embedder.id());
    return new Generation(found, number, true);
  }

  void start() {
    thread.start();
  }

  /** A search by a question's vector, or by words alone. */
  interface Search<T> {
    T by(@Nullable Meaning meaning) throws IOException;
  }

  /**
   * Searches by the question's vector of the generation that serves, by words when none can. That
   * generation serves until the search is done, so the vectors it is compared with are there.
   */
  <T> T search(String question, Search<T> search) throws IOException {
    use.readLock().lock();
    try {
      Generation serving = ready ? current : former;
      return search.by(serving == null || serving.missing > LAG ? null : serving.meaning(question));
    } finally {
      use.readLock().unlock();
    }
  }

  /** Waits until every turn up to a change has its vector, the index shows it and it serves. */
  void await(long sequence) throws IOException, InterruptedException {
    while (!ready || current.missing > 0 || current.checked < sequence) {
      if (stop.await(20, TimeUnit.MILLISECONDS) || stopped) {
        throw new MemoryStoreException("the embedder has stopped; see the log", false, null);
      }
    }
    follower.awaitTouched(false);
  }

  private int generation(String id) {
    return ledger
        .jdbi()
        .inTransaction(
            handle -> {
              Optional<String> known = Ledger.meta(handle, "generation:" + id);
              if (known.isPresent()) {
                return Integer.parseInt(known.get());
              }
              int next =
                  1
                      + handle
                          .createQuery("select count(*) from meta where name like 'generation:%'")
                          .mapTo(Integer.class)
                          .one();
              Ledger.putMeta(handle, "generation:" + id, Integer.toString(next));
              return next;
            });
  }

  /** Which field of the index holds whose vectors, as the ledger has it. */
  static Set<String> generations(Handle handle) {
    return handle
        .createQuery("select name, val from meta where name like 'generation:%'")
        .map(
            (row, context) ->
                Vectors.field(row.getInt(2))
                    + " "
                    + row.getString(1).substring("generation:".length()))
        .set();
  }

  private void loop() {
    try {
      // After a crash the index may lack vectors that the ledger has.
      follower.touchUnlessShown(current.number);
      Generation old = former;
      if (old != null) {
        follower.touchUnlessShown(old.number);
      }
      if (ready) {
        dropOthers();
      }
      while (stop.getCount() > 0) {
        // New turns first for the vectors that serve: there are few of them.
        boolean worked = old != null && old.step();
        worked |= current.step();
        if (!worked && !ready && stop.getCount() > 0) {
          takeOver();
          old = null;
        } else if (!worked && stop.await(200, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      log.debug("the embedder was interrupted and stops");
    } catch (IOException | RuntimeException | Error e) {
      if (stop.getCount() == 0) {
        log.debug("the embedder was stopped", e);
        return;
      }
      // Recall goes on, by the former vectors or by words; the next opening tries again.
      log.error("embedding stopped; recall goes on without new vectors", e);
      ready = false;
      stopped = true;
    }
  }

  /** Every turn has its vector; once the index keeps them all, they serve. */
  private void takeOver() throws IOException {
    follower.awaitTouched(true);
    steps.reached("embedded-all");
    committer.submit(
        0,
        transaction -> {
          Ledger.putMeta(transaction.handle(), SERVING, Integer.toString(current.number));
          return current.number;
        });
    use.writeLock().lock();
    try {
      Generation old = former;
      former = null;
      if (old != null) {
        old.embedder.close();
        log.info("{} has embedded every turn and serves", current.embedder.id());
      }
      // Last: who waits for it finds the former embedder closed.
      ready = true;
    } finally {
      use.writeLock().unlock();
    }
    steps.reached("embedder-took-over");
    dropOthers();
  }

  /** Deletes the vectors of other generations, and writes the documents that have them again. */
  private void dropOthers() throws IOException {
    int dropped = DROPPED;
    while (dropped == DROPPED && stop.getCount() > 0) {
      dropped =
          committer.submit(
              0,
              transaction ->
                  transaction
                      .handle()
                      .execute(
                          "delete from vector where generation <> ? fetch first ? rows only",
                          current.number,
                          DROPPED));
    }
    if (stop.getCount() > 0) {
      follower.touch(follower.index().withOtherVectors(Vectors.field(current.number)));
      steps.reached("others-dropped");
    }
  }

  @Override
  public void close() {
    stop.countDown();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    Generation old = former;
    former = null;
    if (old != null) {
      old.embedder.close();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

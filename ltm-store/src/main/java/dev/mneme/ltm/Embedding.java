package dev.mneme.ltm;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives turns their vectors on a thread of its own, in the background: new turns as they come, and
 * all of them anew when the embedder's id changes. Each id has its generation; vectors serve only
 * once every turn has one, because an index embedded by half finds less than none at all.
 */
final class Embedding implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Embedding.class);
  private static final int BATCH = 64;

  /** Turns without a vector that recall tolerates: the newest, found by their words meanwhile. */
  private static final int LAG = 256;

  private final Embedder embedder;
  private final Ledger ledger;
  private final Follower follower;
  private final Committer committer;
  private final int generation;
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile long missing = Long.MAX_VALUE;
  private volatile boolean stopped;

  Embedding(Embedder embedder, Ledger ledger, Follower follower, Committer committer) {
    this.embedder = embedder;
    this.ledger = ledger;
    this.follower = follower;
    this.committer = committer;
    this.generation = generation(embedder.id());
    this.thread = Thread.ofPlatform().name("mneme-ltm-embedder").daemon(true).unstarted(this::loop);
  }

  void start() {
    thread.start();
  }

  /** The field that vectors are in, when they can serve; null otherwise. */
  @Nullable String field() {
    return missing <= LAG ? Vectors.field(generation) : null;
  }

  float[] embed(String text) {
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

  /** Waits until every turn has its vector and the index shows it. */
  void await() throws IOException, InterruptedException {
    while (lacking() > 0 || follower.index().vectors(Vectors.field(generation)) < embedded()) {
      if (stop.await(50, TimeUnit.MILLISECONDS) || stopped) {
        throw new MemoryStoreException("the embedder has stopped; see the log", false, null);
      }
    }
    missing = 0;
  }

  private long lacking() {
    return ledger.jdbi().withHandle(handle -> lacking(handle));
  }

  private long lacking(Handle handle) {
    return handle
        .createQuery(
            "select count(*) from turn t where t.forgotten_at is null and not t.echo and t.role <>"
                + " 's' and trim(t.content) <> '' and not exists (select 1 from vector v where"
                + " v.turn_seq = t.seq and v.generation = :g)")
        .bind("g", generation)
        .mapTo(Long.class)
        .one();
  }

  private long embedded() {
    return ledger
        .jdbi()
        .withHandle(
            handle ->
                handle
                    .createQuery(
                        "select count(*) from vector v join turn t on t.seq = v.turn_seq where"
                            + " v.generation = :g and t.forgotten_at is null and not t.echo and"
                            + " t.revised_by is null")
                    .bind("g", generation)
                    .mapTo(Long.class)
                    .one());
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

  private void loop() {
    try {
      follower.touchAllWithVectors(generation);
      while (stop.getCount() > 0) {
        if (!step() && stop.await(200, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      log.debug("the embedder was interrupted and stops");
    } catch (RuntimeException e) {
      // Recall goes on by words; the next opening tries again.
      log.error("embedding stopped; recall goes on without vectors", e);
      missing = Long.MAX_VALUE;
      stopped = true;
    }
  }

  /** Embeds a batch; false when nothing is missing. */
  private boolean step() {
    record Lacking(long seq, String content) {}
    List<Lacking> batch =
        ledger
            .jdbi()
            .withHandle(
                handle -> {
                  missing = lacking(handle);
                  return missing == 0
                      ? List.<Lacking>of()
                      : handle
                          .createQuery(
                              "select t.seq, t.content from turn t where t.forgotten_at is null and"
                                  + " not t.echo and t.role <> 's' and trim(t.content) <> '' and"
                                  + " not exists (select 1 from vector v where v.turn_seq = t.seq"
                                  + " and v.generation = :g) order by t.seq limit :n")
                          .bind("g", generation)
                          .bind("n", BATCH)
                          .map((row, context) -> new Lacking(row.getLong(1), row.getString(2)))
                          .list();
                });
    if (batch.isEmpty()) {
      if (missing == 0) {
        dropOlder();
      }
      return false;
    }
    Map<Long, byte[]> made = new LinkedHashMap<>();
    for (Lacking each : batch) {
      if (stop.getCount() == 0) {
        return false;
      }
      made.put(each.seq(), Vectors.bytes(embed(each.content())));
    }
    committer.submit(
        0,
        transaction -> {
          for (var each : made.entrySet()) {
            transaction
                .handle()
                .createUpdate("merge into vector key(turn_seq, generation) values (:t, :g, :d)")
                .bind("t", each.getKey())
                .bind("g", generation)
                .bind("d", each.getValue())
                .execute();
          }
          return made.size();
        });
    follower.touch(List.copyOf(made.keySet()));
    return true;
  }

  private void dropOlder() {
    long older =
        ledger
            .jdbi()
            .withHandle(
                handle ->
                    handle
                        .createQuery("select count(*) from vector where generation <> :g")
                        .bind("g", generation)
                        .mapTo(Long.class)
                        .one());
    if (older > 0) {
      committer.submit(
          0,
          transaction ->
              transaction.handle().execute("delete from vector where generation <> ?", generation));
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
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

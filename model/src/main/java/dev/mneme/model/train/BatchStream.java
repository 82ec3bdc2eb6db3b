package dev.mneme.model.train;

import dev.mneme.data.TrainingExample;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.text.ChatTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Examples as batches, prepared one step ahead on a thread of its own. Batches are cut the same way
 * whoever asks and whenever: a batch is decided by the index of its first example.
 *
 * <p>Both weightings travel with a batch, because the phase is only known when it is used.
 */
final class BatchStream implements AutoCloseable {
  private static final int AHEAD = 3;

  /**
   * A batch and where it came from.
   *
   * @param from index of its first example
   * @param to index after its last one
   * @param all loss on everything
   * @param replies loss on replies only
   * @param skipped examples of the range that were too long
   */
  record Batch(long from, long to, PackedBatch all, PackedBatch replies, int skipped) {}

  private final ExampleSource source;
  private final ChatTemplate template;
  private final int batchTokens;
  private final int maxTokens;
  private final float promptWeight;
  private final BlockingQueue<Object> ready = new ArrayBlockingQueue<>(AHEAD);
  private final Thread producer;
  private volatile boolean closed;

  BatchStream(ExampleSource source, ChatTemplate template, TrainingConfig config, long position) {
    this.source = source;
    this.template = template;
    this.batchTokens = config.batchTokens();
    this.maxTokens = config.maxTokens();
    this.promptWeight = (float) config.promptWeight();
    this.producer =
        Thread.ofPlatform().name("mneme-batches").daemon().start(() -> produce(position));
  }

  /** The next batch; waits for it. */
  Batch next() {
    try {
      Object taken = ready.take();
      if (taken instanceof Batch batch) {
        return batch;
      }
      throw new IllegalStateException("examples cannot be prepared", (Throwable) taken);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a batch", e);
    }
  }

  private void produce(long position) {
    long at = position;
    try {
      while (!closed) {
        Batch batch = batch(at);
        at = batch.to();
        put(batch);
      }
    } catch (RuntimeException e) {
      put(e); // handed to the training thread, which reports it
    }
  }

  private void put(Object item) {
    try {
      while (!closed && !ready.offer(item, 100, TimeUnit.MILLISECONDS)) {
        // full: the trainer is busy
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed = true;
    }
  }

  private Batch batch(long from) {
    var all = new ArrayList<PackedBatch.Segment>();
    var replies = new ArrayList<PackedBatch.Segment>();
    int positions = 0;
    int skipped = 0;
    long at = from;
    while (positions < batchTokens) {
      TrainingExample example = source.example(at++);
      Segments segments = segments(template.label(example), promptWeight, maxTokens);
      if (segments == null) {
        skipped++;
        if (skipped > 1000 && all.isEmpty()) {
          throw new IllegalArgumentException(
              "1000 examples in a row are longer than " + maxTokens + " tokens");
        }
        continue;
      }
      all.add(segments.all());
      replies.add(segments.replies());
      positions += segments.all().length() - 1;
    }
    return new Batch(from, at, PackedBatch.of(all), PackedBatch.of(replies), skipped);
  }

  /** An example with both weightings. */
  record Segments(PackedBatch.Segment all, PackedBatch.Segment replies) {}

  /** Null for an example that is too long, or has nothing to learn from. */
  static @Nullable Segments segments(
      ChatTemplate.Labelled labelled, float promptWeight, int maxTokens) {
    int n = labelled.ids().length;
    if (n < 2 || n > maxTokens) {
      return null;
    }
    float[] all = new float[n];
    float[] replies = new float[n];
    boolean any = false;
    for (int i = 1; i < n; i++) {
      replies[i] = labelled.loss()[i] ? 1 : 0;
      all[i] = labelled.loss()[i] ? 1 : promptWeight;
      any |= labelled.loss()[i];
    }
    return any
        ? new Segments(
            PackedBatch.Segment.of(labelled.ids(), all),
            PackedBatch.Segment.of(labelled.ids(), replies))
        : null;
  }

  /** Held-out examples as batches with the loss on replies. */
  static List<PackedBatch> heldOut(
      List<TrainingExample> examples, ChatTemplate template, TrainingConfig config) {
    var batches = new ArrayList<PackedBatch>();
    var segments = new ArrayList<PackedBatch.Segment>();
    int positions = 0;
    for (TrainingExample each : examples) {
      Segments s = segments(template.label(each), 0, config.maxTokens());
      if (s == null) {
        continue;
      }
      segments.add(s.replies());
      positions += s.replies().length() - 1;
      if (positions >= config.batchTokens()) {
        batches.add(PackedBatch.of(segments));
        segments.clear();
        positions = 0;
      }
    }
    if (!segments.isEmpty()) {
      batches.add(PackedBatch.of(segments));
    }
    return batches;
  }

  @Override
  public void close() {
    closed = true;
    producer.interrupt();
    try {
      producer.join(5000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

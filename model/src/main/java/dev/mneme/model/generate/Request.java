package dev.mneme.model.generate;

import dev.mneme.data.Sampling;
import dev.mneme.model.serve.Sequence;
import dev.mneme.model.text.Detokenizer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One reply in the making. The scheduler's thread advances it; the caller's thread waits in {@link
 * #await}, handing on text as it comes.
 */
final class Request {
  final int[] prompt;
  final float[] logits;
  @Nullable Sequence sequence;
  int cachedTokens;

  /** Prompt tokens in the sequence so far. */
  int prefilled;

  /** The token to feed next. */
  int next;

  private final Sampling sampling;
  private final int known;
  private final Sampler sampler;
  private final Detokenizer detokenizer;
  private final StopScanner stops;
  private final Set<Integer> endIds;
  private final SpecialIds special;
  private final BooleanSupplier cancelled;
  private final boolean wantsLogProbs;
  private final int mostTokens;
  private final Instant submitted;
  private int[] reply = new int[32];
  private int replied;
  private final List<Float> logProbs = new ArrayList<>();
  private @Nullable Instant first;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final StringBuilder unread = new StringBuilder();
  private Generation.@Nullable Finish finish;
  private @Nullable Throwable failure;
  private @Nullable Instant finished;

  /** Which ids are control tokens. */
  @FunctionalInterface
  interface SpecialIds {
    boolean isSpecial(int id);
  }

  /**
   * @param vocabulary logits a token has
   * @param known ids the tokenizer has; a model's vocabulary may be padded beyond them
   */
  Request(
      int[] prompt,
      Sampling sampling,
      int vocabulary,
      int known,
      int contextTokens,
      Detokenizer detokenizer,
      Set<Integer> endIds,
      SpecialIds special,
      BooleanSupplier cancelled,
      boolean wantsLogProbs,
      Instant submitted) {
    this.prompt = prompt;
    this.sampling = sampling;
    this.logits = new float[vocabulary];
    this.known = known;
    this.sampler = new Sampler(sampling, vocabulary);
    this.detokenizer = detokenizer;
    this.stops = new StopScanner(sampling.stop());
    this.endIds = endIds;
    this.special = special;
    this.cancelled = cancelled;
    this.wantsLogProbs = wantsLogProbs;
    this.mostTokens = Math.min(sampling.maxTokens(), contextTokens - prompt.length);
    this.submitted = submitted;
    for (int id : prompt) {
      sampler.see(id);
    }
  }

  boolean isCancelled() {
    return cancelled.getAsBoolean();
  }

  /**
   * Draws a token from {@link #logits}.
   *
   * @return true when the reply is complete
   */
  boolean advance(Instant now) {
    if (isCancelled()) {
      end(Generation.Finish.CANCELLED, now);
      return true;
    }
    // Padding stands for no text; an untrained row of it may win all the same.
    Arrays.fill(logits, known, logits.length, Float.NEGATIVE_INFINITY);
    // The model's own log-probability: taken before penalties change the logits.
    float[] raw = wantsLogProbs && sampling.repetitionPenalty() != 1 ? logits.clone() : logits;
    int id = sampler.sample(logits);
    if (first == null) {
      first = now;
    }
    if (wantsLogProbs) {
      logProbs.add(Sampler.logProb(raw, id));
    }
    if (replied == reply.length) {
      reply = Arrays.copyOf(reply, 2 * replied);
    }
    reply[replied++] = id;
    sampler.see(id);
    next = id;
    if (endIds.contains(id) || special.isSpecial(id)) {
      // A role token instead of an end: the model goes on to speak as somebody else.
      end(Generation.Finish.STOP, now);
      return true;
    }
    show(stops.append(detokenizer.append(id)));
    if (stops.stopped()) {
      end(Generation.Finish.STOP, now);
      return true;
    }
    if (replied >= mostTokens) {
      end(Generation.Finish.LENGTH, now);
      return true;
    }
    return false;
  }

  /** Prompt and reply, as far as the sequence has them: the last token drawn was not fed. */
  int[] fedTokens() {
    int fed = Math.max(0, replied - 1);
    int[] all = Arrays.copyOf(prompt, prefilled + fed);
    System.arraycopy(reply, 0, all, prefilled, fed);
    return all;
  }

  void end(Generation.Finish why, Instant now) {
    String rest = stops.stopped() ? "" : stops.append(detokenizer.finish()) + stops.finish();
    lock.lock();
    try {
      unread.append(rest);
      finish = why;
      finished = now;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void fail(Throwable cause) {
    lock.lock();
    try {
      failure = cause;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void show(String piece) {
    if (piece.isEmpty()) {
      return;
    }
    lock.lock();
    try {
      unread.append(piece);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The outcome, on the caller's side. */
  record Outcome(
      String text,
      Generation.Finish finish,
      int replyTokens,
      double firstTokenMillis,
      double totalMillis,
      List<Float> logProbs) {}

  /** Waits for the end, handing on text as it comes; an interrupt cancels and is kept. */
  Outcome await(Consumer<String> onText, Runnable cancel) {
    var text = new StringBuilder();
    boolean interrupted = false;
    while (true) {
      String piece;
      boolean done;
      lock.lock();
      try {
        while (unread.isEmpty() && finish == null && failure == null) {
          try {
            changed.await();
          } catch (InterruptedException e) {
            interrupted = true;
            cancel.run();
          }
        }
        if (failure != null) {
          throw new IllegalStateException("generation failed: " + failure.getMessage(), failure);
        }
        piece = unread.toString();
        unread.setLength(0);
        done = finish != null;
      } finally {
        lock.unlock();
      }
      if (!piece.isEmpty()) {
        text.append(piece);
        onText.accept(piece);
      }
      if (done) {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
        return outcome(text.toString());
      }
    }
  }

  private Outcome outcome(String text) {
    Generation.Finish why = finish;
    Instant ended = finished;
    if (why == null || ended == null) {
      throw new AssertionError("a request that is not finished has no outcome");
    }
    Instant firstToken = first == null ? ended : first;
    return new Outcome(
        text,
        why,
        replied,
        millis(Duration.between(submitted, firstToken)),
        millis(Duration.between(submitted, ended)),
        logProbs);
  }

  private static double millis(Duration d) {
    return d.toNanos() / 1e6;
  }
}

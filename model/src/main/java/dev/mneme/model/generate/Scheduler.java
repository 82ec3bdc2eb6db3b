package dev.mneme.model.generate;

import dev.mneme.data.Sampling;
import dev.mneme.model.serve.Decoder;
import dev.mneme.model.serve.Sequence;
import dev.mneme.model.text.Tokenizer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Continuous batching: one thread that lets requests in, prefills them in slices and decodes one
 * token for all that run.
 *
 * <p>Slices keep a long prompt from holding up replies that are already running. Where slices begin
 * depends on what the prefix cache had; {@link Decoder#prefill} computes each token's row on its
 * own, so that moves no result beyond rounding.
 *
 * <p>Thread-safe. Owns the sequences it makes, not the decoder.
 */
public final class Scheduler implements AutoCloseable {
  private static final int SLICE = 256;

  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final Set<Integer> endIds;
  private final int contextTokens;
  private final int maxBatch;
  private final InstantSource clock;
  private final PrefixCache cache;
  private final LinkedBlockingQueue<Request> arriving = new LinkedBlockingQueue<>();
  private final List<Request> prefilling = new ArrayList<>();
  private final List<Request> running = new ArrayList<>();
  private final Sequence[] batchSequences;
  private final int[] batchTokens;
  private final float[][] batchLogits;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * Starts the thread.
   *
   * @param endIds tokens that end a reply
   * @param maxBatch sequences decoded together; more wait
   * @param prefixCacheTokens tokens of finished sequences to keep; 0 for none
   */
  public Scheduler(
      Decoder decoder,
      Tokenizer tokenizer,
      Set<Integer> endIds,
      int maxBatch,
      int prefixCacheTokens,
      InstantSource clock) {
    if (maxBatch < 1 || prefixCacheTokens < 0) {
      throw new IllegalArgumentException(
          "expected maxBatch >= 1 and prefixCacheTokens >= 0, got "
              + maxBatch
              + " and "
              + prefixCacheTokens);
    }
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.endIds = Set.copyOf(endIds);
    this.contextTokens = decoder.config().maxPositions();
    this.maxBatch = maxBatch;
    this.clock = clock;
    this.cache = new PrefixCache(prefixCacheTokens);
    this.batchSequences = new Sequence[maxBatch];
    this.batchTokens = new int[maxBatch];
    this.batchLogits = new float[maxBatch][];
    this.thread = Thread.ofPlatform().name("mneme-decode").daemon().start(this::run);
  }

  /**
   * What a request came to.
   *
   * @param text the reply
   * @param finish why it ended
   * @param promptTokens of the prompt
   * @param cachedTokens of these, from the prefix cache
   * @param replyTokens generated
   * @param firstTokenMillis to the first token
   * @param totalMillis to the end
   * @param logProbs of each token, if asked for
   */
  public record Result(
      String text,
      Generation.Finish finish,
      int promptTokens,
      int cachedTokens,
      int replyTokens,
      double firstTokenMillis,
      double totalMillis,
      List<Float> logProbs) {}

  /**
   * Generates a reply to a prompt; blocks until it is done.
   *
   * @param onText receives the text on this thread
   * @param cancelled asked between tokens, on the scheduler's thread
   * @throws IllegalArgumentException when the prompt is empty or leaves no room for a token
   */
  public Result generate(
      int[] prompt,
      Sampling sampling,
      boolean logProbs,
      Consumer<String> onText,
      BooleanSupplier cancelled) {
    if (prompt.length == 0) {
      throw new IllegalArgumentException("the prompt is empty; expected at least one token");
    }
    if (prompt.length >= contextTokens) {
      throw new IllegalArgumentException(
          "the prompt has "
              + prompt.length
              + " tokens and the context "
              + contextTokens
              + ": shorten the conversation or recall fewer memories");
    }
    var interrupted = new AtomicBoolean();
    var request =
        new Request(
            prompt,
            sampling,
            decoder.config().vocabSize(),
            tokenizer.size(),
            contextTokens,
            tokenizer.detokenizer(),
            endIds,
            tokenizer::isSpecial,
            () -> interrupted.get() || cancelled.getAsBoolean(),
            logProbs,
            clock.instant());
    arriving.add(request);
    if (closed) {
      throw new IllegalStateException("the model is closed");
    }
    Request.Outcome outcome = request.await(onText, () -> interrupted.set(true));
    return new Result(
        outcome.text(),
        outcome.finish(),
        prompt.length,
        request.cachedTokens,
        outcome.replyTokens(),
        outcome.firstTokenMillis(),
        outcome.totalMillis(),
        outcome.logProbs());
  }

  /** Log-probability (nats) of a token under the given logits. */
  public static double logProb(float[] logits, int id) {
    return Sampler.logProb(logits, id);
  }

  private void run() {
    try {
      while (!closed) {
        admit();
        prefillSlice();
        decodeStep();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      shutDown();
    }
  }

  /** Lets requests in as far as there is room; waits for one when nothing is going on. */
  private void admit() throws InterruptedException {
    while (prefilling.size() + running.size() < maxBatch) {
      boolean idle = prefilling.isEmpty() && running.isEmpty();
      Request arrived = idle ? arriving.take() : arriving.poll();
      if (arrived == null) {
        return;
      }
      start(arrived);
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // closed when the request ends
  private void start(Request request) {
    try {
      if (request.isCancelled()) {
        request.end(Generation.Finish.CANCELLED, clock.instant());
        return;
      }
      Sequence sequence = forkOfRunning(request.prompt);
      if (sequence == null) {
        sequence = cache.fork(decoder, request.prompt);
      }
      request.sequence = sequence == null ? decoder.newSequence() : sequence;
      request.cachedTokens = request.sequence.length();
      request.prefilled = request.sequence.length();
      prefilling.add(request);
    } catch (RuntimeException | Error e) {
      abandon(request, e);
    }
  }

  /** Many agents often start at once with one system prompt: the first one's work serves all. */
  @SuppressWarnings("MustBeClosedChecker") // the caller owns what fork makes
  private @Nullable Sequence forkOfRunning(int[] prompt) {
    Request best = null;
    int length = PrefixCache.SHORTEST - 1;
    for (List<Request> each : List.of(running, prefilling)) {
      for (Request other : each) {
        int common = PrefixCache.shared(other.prompt, prompt);
        common = Math.min(common, Math.min(other.prefilled, prompt.length - 1));
        if (common > length) {
          best = other;
          length = common;
        }
      }
    }
    return best == null || best.sequence == null ? null : decoder.fork(best.sequence, length);
  }

  private void prefillSlice() {
    if (prefilling.isEmpty()) {
      return;
    }
    Request request = prefilling.getFirst();
    Sequence sequence = request.sequence;
    try {
      if (request.isCancelled()) {
        prefilling.removeFirst();
        request.end(Generation.Finish.CANCELLED, clock.instant());
        keep(request);
        return;
      }
      if (sequence == null) {
        throw new AssertionError("a started request has a sequence");
      }
      int to = Math.min(request.prompt.length, request.prefilled + SLICE);
      decoder.prefill(sequence, request.prompt, request.prefilled, to, request.logits);
      request.prefilled = to;
      if (to == request.prompt.length) {
        prefilling.removeFirst();
        if (request.advance(clock.instant())) {
          keep(request);
        } else {
          running.add(request);
        }
      }
    } catch (RuntimeException | Error e) {
      prefilling.remove(request);
      abandon(request, e);
    }
  }

  private void decodeStep() {
    int n = running.size();
    if (n == 0) {
      return;
    }
    try {
      for (int i = 0; i < n; i++) {
        Request each = running.get(i);
        Sequence sequence = each.sequence;
        if (sequence == null) {
          throw new AssertionError("a running request has a sequence");
        }
        batchSequences[i] = sequence;
        batchTokens[i] = each.next;
        batchLogits[i] = each.logits;
      }
      decoder.step(batchSequences, n, batchTokens, batchLogits);
    } catch (RuntimeException | Error e) {
      running.forEach(each -> abandon(each, e));
      running.clear();
      return;
    }
    int kept = 0;
    for (int i = 0; i < n; i++) {
      Request each = running.get(i);
      boolean done;
      try {
        done = each.advance(clock.instant());
      } catch (RuntimeException | Error e) {
        abandon(each, e);
        continue;
      }
      if (done) {
        keep(each);
      } else {
        running.set(kept++, each);
      }
    }
    while (running.size() > kept) {
      running.removeLast();
    }
  }

  /** A finished sequence goes to the prefix cache, cut to the tokens that it was fed. */
  private void keep(Request request) {
    Sequence sequence = request.sequence;
    request.sequence = null;
    if (sequence == null) {
      return;
    }
    int[] fed = request.fedTokens();
    if (sequence.length() > fed.length) {
      sequence.truncate(fed.length);
    }
    if (sequence.length() < fed.length) {
      sequence.close(); // cancelled half-way
      return;
    }
    cache.put(fed, sequence);
  }

  private static void abandon(Request request, Throwable cause) {
    Sequence sequence = request.sequence;
    request.sequence = null;
    if (sequence != null) {
      sequence.close();
    }
    request.fail(cause);
  }

  private void shutDown() {
    var gone = new IllegalStateException("the model was closed");
    prefilling.forEach(each -> abandon(each, gone));
    running.forEach(each -> abandon(each, gone));
    for (Request each = arriving.poll(); each != null; each = arriving.poll()) {
      abandon(each, gone);
    }
    cache.close();
  }

  /** Ends running requests with an error and frees their sequences. Idempotent. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

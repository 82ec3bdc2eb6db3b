package dev.mneme.model.generate;

import dev.mneme.data.Hashes;
import dev.mneme.data.Sampling;
import java.util.SplittableRandom;

/**
 * Draws the next token of one reply. In this order: repetition penalty (Keskar et al. 2019, section
 * 4.1), temperature, top-k, top-p (Holtzman et al. 2020), min-p (Nguyen et al. 2024), as
 * Transformers applies them.
 *
 * <p>Allocates when made and not after. One reply, one thread.
 */
final class Sampler {
  private final Sampling sampling;
  private final SplittableRandom random;
  private final float[] probabilities;
  private final int[] heap;
  private final boolean[] seen;
  private final int[] seenIds;
  private int seenCount;

  Sampler(Sampling sampling, int vocabulary) {
    this.sampling = sampling;
    this.random = new SplittableRandom(Hashes.subSeed(sampling.seed(), "sampling"));
    boolean greedy = sampling.temperature() == 0;
    this.probabilities = new float[greedy ? 0 : vocabulary];
    this.heap = new int[greedy ? 0 : vocabulary];
    boolean penalized = sampling.repetitionPenalty() != 1;
    this.seen = new boolean[penalized ? vocabulary : 0];
    this.seenIds = new int[penalized ? vocabulary : 0];
  }

  /** Tells the repetition penalty of a token of the prompt or of the reply. */
  void see(int id) {
    if (seen.length > 0 && !seen[id]) {
      seen[id] = true;
      seenIds[seenCount++] = id;
    }
  }

  /** The next token. Changes the logits: penalties are applied in place. */
  int sample(float[] logits) {
    penalize(logits);
    int best = argmax(logits);
    if (sampling.temperature() == 0) {
      return best;
    }
    float max = logits[best];
    double inverse = 1 / sampling.temperature();
    double total = 0;
    for (int i = 0; i < probabilities.length; i++) {
      float p = (float) Math.exp((logits[i] - max) * inverse);
      probabilities[i] = p;
      total += p;
    }
    if (sampling.topK() == 0 && sampling.topP() == 1) {
      return drawFromAll(best);
    }
    return drawFromBest(total);
  }

  /** Log-probability (nats) of a token under the given logits. */
  static float logProb(float[] logits, int id) {
    float max = logits[argmax(logits)];
    double sum = 0;
    for (float each : logits) {
      sum += Math.exp(each - max);
    }
    return (float) (logits[id] - max - Math.log(sum));
  }

  static int argmax(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  private void penalize(float[] logits) {
    float penalty = (float) sampling.repetitionPenalty();
    for (int i = 0; i < seenCount; i++) {
      int id = seenIds[i];
      logits[id] = logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty;
    }
  }

  /** The likeliest token has probability 1 in the scale of {@code probabilities}. */
  private int drawFromAll(int best) {
    float least = (float) sampling.minP();
    double total = 0;
    for (float p : probabilities) {
      total += p >= least ? p : 0;
    }
    double point = random.nextDouble() * total;
    for (int i = 0; i < probabilities.length; i++) {
      float p = probabilities[i];
      if (p >= least) {
        point -= p;
        if (point < 0) {
          return i;
        }
      }
    }
    return best; // rounding left a sliver at the end
  }

  /**
   * Takes tokens from the likeliest down, off a heap, until top-k, top-p or min-p says enough; then
   * draws among them. Taken tokens gather behind the heap's end, likeliest last.
   */
  private int drawFromBest(double totalOfAll) {
    int size = candidates();
    for (int i = size / 2 - 1; i >= 0; i--) {
      siftDown(i, size);
    }
    int most = sampling.topK() == 0 ? size : Math.min(sampling.topK(), size);
    double total = totalOfAll;
    if (sampling.topK() > 0) {
      total = 0;
      for (int taken = 0; taken < most; taken++) {
        total += probabilities[pop(size - taken)];
      }
    }
    double enough = sampling.topP() * total;
    double kept = 0;
    int count = 0;
    while (count < most) {
      int id = sampling.topK() > 0 ? heap[size - 1 - count] : pop(size - count);
      float p = probabilities[id];
      if (count > 0 && p < sampling.minP()) {
        break;
      }
      kept += p;
      count++;
      if (kept >= enough) {
        break;
      }
    }
    double point = random.nextDouble() * kept;
    for (int i = 0; i < count; i++) {
      int id = heap[size - 1 - i];
      point -= probabilities[id];
      if (point < 0) {
        return id;
      }
    }
    return heap[size - 1];
  }

  /**
   * Puts those that may be drawn into the heap, in no order, and returns how many they are. Without
   * top-k that is all who pass min-p, as a rule a handful of thousands; top-p counts from the
   * likeliest down and never comes to the others.
   */
  private int candidates() {
    float least = sampling.topK() == 0 ? (float) sampling.minP() : 0;
    int size = 0;
    for (int i = 0; i < probabilities.length; i++) {
      // The loop that draws compares in doubles; what the rounding lets in here stops it there.
      if (probabilities[i] >= least) {
        heap[size++] = i;
      }
    }
    return size;
  }

  /** Moves the likeliest of the first {@code size} to index {@code size - 1} and returns it. */
  private int pop(int size) {
    int top = heap[0];
    heap[0] = heap[size - 1];
    heap[size - 1] = top;
    siftDown(0, size - 1);
    return top;
  }

  private void siftDown(int start, int size) {
    int at = start;
    int id = heap[at];
    while (true) {
      int child = 2 * at + 1;
      if (child >= size) {
        break;
      }
      if (child + 1 < size && before(heap[child + 1], heap[child])) {
        child++;
      }
      if (!before(heap[child], id)) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = id;
  }

  /** Likelier first; the lower id where equal, so that the order is total. */
  private boolean before(int a, int b) {
    return probabilities[a] > probabilities[b] || (probabilities[a] == probabilities[b] && a < b);
  }
}

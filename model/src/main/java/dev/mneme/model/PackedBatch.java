package dev.mneme.model;

import java.util.Arrays;
import java.util.List;

/**
 * Token sequences laid end to end, with what each token's log-probability counts. Immutable and
 * thread-safe.
 *
 * <p>No padding exists: a batch of a long and a short sequence costs the sum of their lengths.
 * Attention never crosses from one segment into another, so two documents in one batch are as
 * independent as in two.
 *
 * <p>A segment of {@code n} tokens has {@code n - 1} positions: position {@code i} reads token
 * {@code i} and predicts token {@code i + 1}. The last token is only ever predicted.
 *
 * @see TrainableModel
 */
public final class PackedBatch {
  private final int[] inputs;
  private final int[] targets;
  private final float[] weights;
  private final int[] starts;

  /** One sequence and what each of its tokens counts. Immutable. */
  public static final class Segment {
    private final int[] tokens;
    private final float[] weights;

    private Segment(int[] tokens, float[] weights) {
      this.tokens = tokens;
      this.weights = weights;
    }

    /**
     * A sequence with a weight per token.
     *
     * @param tokens at least two token ids
     * @param weights what the log-probability of each token (given those before it) counts. 0
     *     leaves it out: prompts, tool results. The first must be 0, for nothing predicts it
     */
    public static Segment of(int[] tokens, float[] weights) {
      if (tokens.length < 2) {
        throw new IllegalArgumentException(
            "a segment of "
                + tokens.length
                + " token(s) predicts nothing; expected at least 2 tokens");
      }
      if (weights.length != tokens.length) {
        throw new IllegalArgumentException(
            weights.length + " weights for " + tokens.length + " tokens; expected one per token");
      }
      if (weights[0] != 0) {
        throw new IllegalArgumentException(
            "the first token's weight is " + weights[0] + "; expected 0, nothing predicts it");
      }
      return new Segment(tokens.clone(), weights.clone());
    }

    /** Every token but the first counts 1: plain language modelling. */
    public static Segment all(int... tokens) {
      return from(1, tokens);
    }

    /** Tokens from index {@code first} on count 1, those before (the prompt) 0. */
    public static Segment from(int first, int... tokens) {
      float[] weights = new float[tokens.length];
      Arrays.fill(weights, Math.clamp(first, 1, Math.max(1, tokens.length)), tokens.length, 1);
      return of(tokens, weights);
    }

    /** Number of tokens. */
    public int length() {
      return tokens.length;
    }

    /** Sum of the weights. */
    public double weight() {
      double sum = 0;
      for (float weight : weights) {
        sum += weight;
      }
      return sum;
    }
  }

  private PackedBatch(int[] inputs, int[] targets, float[] weights, int[] starts) {
    this.inputs = inputs;
    this.targets = targets;
    this.weights = weights;
    this.starts = starts;
  }

  /** Packs segments in the given order. */
  public static PackedBatch of(List<Segment> segments) {
    if (segments.isEmpty()) {
      throw new IllegalArgumentException("an empty batch; expected at least one segment");
    }
    int[] starts = new int[segments.size() + 1];
    for (int s = 0; s < segments.size(); s++) {
      starts[s + 1] = starts[s] + segments.get(s).tokens.length - 1;
    }
    int total = starts[segments.size()];
    int[] inputs = new int[total];
    int[] targets = new int[total];
    float[] weights = new float[total];
    for (int s = 0; s < segments.size(); s++) {
      Segment segment = segments.get(s);
      int n = segment.tokens.length - 1;
      System.arraycopy(segment.tokens, 0, inputs, starts[s], n);
      System.arraycopy(segment.tokens, 1, targets, starts[s], n);
      System.arraycopy(segment.weights, 1, weights, starts[s], n);
    }
    return new PackedBatch(inputs, targets, weights, starts);
  }

  /** Packs segments in the given order. */
  public static PackedBatch of(Segment... segments) {
    return of(List.of(segments));
  }

  /** Positions: tokens read, which is also the number of predictions. */
  public int positions() {
    return inputs.length;
  }

  /** Sequences. */
  public int segments() {
    return starts.length - 1;
  }

  /** First position of segment {@code s}; {@code start(segments())} is {@link #positions()}. */
  public int start(int s) {
    return starts[s];
  }

  /** Positions of the longest segment. */
  public int longest() {
    int longest = 0;
    for (int s = 0; s < segments(); s++) {
      longest = Math.max(longest, starts[s + 1] - starts[s]);
    }
    return longest;
  }

  /** Token read at a position. */
  public int input(int position) {
    return inputs[position];
  }

  /** Token predicted at a position. */
  public int target(int position) {
    return targets[position];
  }

  /** What the prediction at a position counts. */
  public float weight(int position) {
    return weights[position];
  }

  /** Positions of segment {@code s} whose weight is not 0. */
  public int counting(int s) {
    int counting = 0;
    for (int t = starts[s]; t < starts[s + 1]; t++) {
      counting += weights[t] == 0 ? 0 : 1;
    }
    return counting;
  }

  /** Sum of all weights: the number of tokens that count, where weights are 0 and 1. */
  public double weight() {
    double sum = 0;
    for (float weight : weights) {
      sum += weight;
    }
    return sum;
  }

  /** Sum of the weights of segment {@code s}. */
  public double segmentWeight(int s) {
    double sum = 0;
    for (int t = starts[s]; t < starts[s + 1]; t++) {
      sum += weights[t];
    }
    return sum;
  }

  @Override
  public String toString() {
    return "PackedBatch[" + segments() + " segments, " + positions() + " positions]";
  }
}

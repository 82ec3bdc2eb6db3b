package dev.mneme.model.layer;

import java.util.Arrays;

/**
 * How many tokens each expert of one layer received.
 *
 * @param layer block number
 * @param tokens per expert; read-only by agreement
 */
// The array is handed out for reports of a few numbers per layer; copying is the reader's business.
@SuppressWarnings("ArrayRecordComponent")
public record ExpertLoad(int layer, long[] tokens) {
  /**
   * MaxVio (Wang et al. 2024, arXiv 2408.15664): how far the busiest expert is above the mean; 0 is
   * perfect balance, experts - 1 is collapse onto one expert.
   */
  public double maxViolation() {
    long sum = Arrays.stream(tokens).sum();
    long max = Arrays.stream(tokens).max().orElse(0);
    return sum == 0 ? 0 : max * (double) tokens.length / sum - 1;
  }
}

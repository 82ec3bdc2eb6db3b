package dev.mneme.model;

import java.util.Arrays;
import java.util.List;

/**
 * What a model held likely at every counting position of a batch: the {@link #K} likeliest tokens
 * and their probabilities. All other tokens together are one more outcome, so that a distribution
 * over a vocabulary takes 128 bytes. Immutable and thread-safe.
 *
 * @see TrainableModel#topPredictions
 * @see TrainableModel#distill
 */
public final class TopPredictions {
  /** Tokens kept of each position. */
  public static final int K = 16;

  private final int[] token_RK;
  private final float[] probability_RK;

  private TopPredictions(int[] token_RK, float[] probability_RK) {
    this.token_RK = token_RK;
    this.probability_RK = probability_RK;
  }

  /**
   * Takes over both arrays.
   *
   * @param token_RK {@link #K} token ids of each position, no id twice; positions of a batch in its
   *     order, those of weight 0 left out
   * @param probability_RK their probabilities, in the same order
   */
  public static TopPredictions of(int[] token_RK, float[] probability_RK) {
    if (token_RK.length != probability_RK.length || token_RK.length % K != 0) {
      throw new IllegalArgumentException(
          token_RK.length
              + " tokens and "
              + probability_RK.length
              + " probabilities; expected as many of each, a multiple of "
              + K);
    }
    return new TopPredictions(token_RK, probability_RK);
  }

  /** Those of several segments, for the batch that packs them in this order. */
  public static TopPredictions of(List<TopPredictions> parts) {
    int size = parts.stream().mapToInt(part -> part.token_RK.length).sum();
    int[] tokens = new int[size];
    float[] probabilities = new float[size];
    int at = 0;
    for (TopPredictions part : parts) {
      int n = part.token_RK.length;
      System.arraycopy(part.token_RK, 0, tokens, at, n);
      System.arraycopy(part.probability_RK, 0, probabilities, at, n);
      at += n;
    }
    return new TopPredictions(tokens, probabilities);
  }

  /** Those of the positions from {@code from} to {@code to}, counted without weights of 0. */
  public TopPredictions slice(int from, int to) {
    return new TopPredictions(
        Arrays.copyOfRange(token_RK, from * K, to * K),
        Arrays.copyOfRange(probability_RK, from * K, to * K));
  }

  /**
   * The same positions, each certain of the token that comes there: towards these, a divergence is
   * the cross-entropy.
   *
   * @param batch of which these are the predictions
   */
  public TopPredictions certainOf(PackedBatch batch) {
    int[] tokens = token_RK.clone();
    float[] probabilities = new float[tokens.length];
    int row = 0;
    for (int t = 0; t < batch.positions(); t++) {
      if (batch.weight(t) != 0) {
        int k = 0;
        while (k < K - 1 && tokens[row * K + k] != batch.target(t)) {
          k++;
        }
        tokens[row * K + k] = batch.target(t);
        probabilities[row * K + k] = 1;
        row++;
      }
    }
    return new TopPredictions(tokens, probabilities);
  }

  /** Counting positions. */
  public int rows() {
    return token_RK.length / K;
  }

  /** The token of rank {@code k} at counting position {@code row}. */
  public int token(int row, int k) {
    return token_RK[row * K + k];
  }

  /** Its probability. */
  public float probability(int row, int k) {
    return probability_RK[row * K + k];
  }
}

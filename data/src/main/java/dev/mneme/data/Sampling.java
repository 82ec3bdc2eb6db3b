package dev.mneme.data;

import java.util.List;

/**
 * How replies are drawn from the model's distribution.
 *
 * @param temperature 0 means greedy; otherwise logits are divided by it
 * @param topK keep the k likeliest tokens; 0 keeps all
 * @param topP keep the smallest set whose probability reaches this; 1 keeps all
 * @param minP drop tokens below this fraction of the likeliest one's probability; 0 drops none
 * @param repetitionPenalty divide (multiply) positive (negative) logits of seen tokens; 1 is off
 * @param seed the same seed, prompt and weights give the same reply
 * @param maxTokens the longest reply, in tokens
 * @param stop texts that end the reply and are not part of it
 */
public record Sampling(
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetitionPenalty,
    long seed,
    int maxTokens,
    List<String> stop) {
  public Sampling {
    if (!(temperature >= 0 && temperature < 100)) {
      throw new IllegalArgumentException("temperature must be in [0, 100), got " + temperature);
    }
    if (topK < 0) {
      throw new IllegalArgumentException("topK must be 0 (off) or positive, got " + topK);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("topP must be in (0, 1], got " + topP);
    }
    if (!(minP >= 0 && minP <= 1)) {
      throw new IllegalArgumentException("minP must be in [0, 1], got " + minP);
    }
    if (!(repetitionPenalty > 0)) {
      throw new IllegalArgumentException(
          "repetitionPenalty must be positive, got " + repetitionPenalty);
    }
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens must be positive, got " + maxTokens);
    }
    stop = stop == null ? List.of() : List.copyOf(stop);
  }

  /** Always the likeliest token. */
  public static Sampling greedy(int maxTokens) {
    return new Sampling(0, 0, 1, 0, 1, 0, maxTokens, List.of());
  }

  /** What chat uses unless told otherwise. */
  public static Sampling chat(long seed, int maxTokens) {
    return new Sampling(0.7, 0, 0.95, 0.05, 1, seed, maxTokens, List.of());
  }

  public Sampling withSeed(long newSeed) {
    return new Sampling(temperature, topK, topP, minP, repetitionPenalty, newSeed, maxTokens, stop);
  }

  public Sampling withMaxTokens(int newMaxTokens) {
    return new Sampling(temperature, topK, topP, minP, repetitionPenalty, seed, newMaxTokens, stop);
  }

  public Sampling withTemperature(double newTemperature) {
    return new Sampling(newTemperature, topK, topP, minP, repetitionPenalty, seed, maxTokens, stop);
  }
}

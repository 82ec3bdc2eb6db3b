package dev.mneme.model.serve;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.model.layer.Profile;
import dev.mneme.model.tensor.TensorScope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * How fast a model answers on this machine: prefill of a prompt, one sequence decoding, sixteen
 * decoding together. Each is warmed up until HotSpot has compiled it, then measured several times;
 * the median is reported.
 */
public final class ModelBenchmark {
  private static final int PROMPT = 256;
  private static final int DECODED = 128;
  private static final int SEQUENCES = 16;
  private static final int MIN_RUNS = 5;

  /**
   * What was measured.
   *
   * @param prefillTokensPerSecond over a prompt of 256 tokens (half the context if that is less)
   * @param decodeTokensPerSecond one sequence, after a prompt of 16 tokens
   * @param decodeBatch16TokensPerSecond sixteen sequences together, all their tokens counted
   * @param prefillParts microseconds a prompt's token spends in each part of the model
   * @param decodeParts the same for one sequence
   * @param decodeBatch16Parts the same for sixteen, per token
   * @param peakMemoryBytes the process's largest resident size so far, or what the heap and the
   *     tensors hold where the system does not tell
   * @param precision how the weights were kept
   * @param prefill how prompts were multiplied
   * @param isa the vectors that the kernels ran on
   * @param threads threads computing
   */
  public record Result(
      @JsonProperty("prefill_tokens_per_second") double prefillTokensPerSecond,
      @JsonProperty("decode_tokens_per_second") double decodeTokensPerSecond,
      @JsonProperty("decode_batch16_tokens_per_second") double decodeBatch16TokensPerSecond,
      @JsonProperty("prefill_parts_us") Map<String, Double> prefillParts,
      @JsonProperty("decode_parts_us") Map<String, Double> decodeParts,
      @JsonProperty("decode_batch16_parts_us") Map<String, Double> decodeBatch16Parts,
      @JsonProperty("peak_memory_bytes") long peakMemoryBytes,
      @JsonProperty("precision") String precision,
      @JsonProperty("prefill") String prefill,
      @JsonProperty("isa") String isa,
      @JsonProperty("threads") int threads) {}

  private final CpuDecoder decoder;
  private final long nanos;
  private final LongSupplier clock;
  private final int[] tokens;
  private final float[] logits;

  /** Of the last measurement, microseconds a token. */
  private Map<String, Double> parts = Map.of();

  private ModelBenchmark(CpuDecoder decoder, double seconds, LongSupplier clock) {
    this.decoder = decoder;
    this.nanos = (long) (seconds * 1e9);
    this.clock = clock;
    int vocabulary = decoder.config().vocabSize();
    int length = Math.max(2, Math.min(PROMPT, decoder.config().maxPositions() / 2));
    tokens = new SplittableRandom(1).ints(length, 0, vocabulary).toArray();
    logits = new float[vocabulary];
  }

  /**
   * Measures a loaded model.
   *
   * @param seconds time for each of the three measurements, and as much for warming up
   * @param clock nanoseconds from an arbitrary start
   */
  public static Result run(CpuDecoder decoder, double seconds, LongSupplier clock) {
    ModelBenchmark b = new ModelBenchmark(decoder, seconds, clock);
    double prefill = b.median(b.tokens.length, b::prefill);
    Map<String, Double> prefillParts = b.parts;
    double decode = b.decode(1);
    Map<String, Double> decodeParts = b.parts;
    double together = b.decode(SEQUENCES);
    return new Result(
        prefill,
        decode,
        together,
        prefillParts,
        decodeParts,
        b.parts,
        TensorScope.peakProcessBytes(),
        decoder.precision().label(),
        decoder.prefill().label(),
        decoder.isa(),
        decoder.threads());
  }

  private void prefill() {
    try (Sequence sequence = decoder.newSequence()) {
      decoder.prefill(sequence, tokens, 0, tokens.length, logits);
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // closed together in finally
  private double decode(int n) {
    int prompt = Math.min(16, tokens.length - 1);
    int steps = Math.min(DECODED, tokens.length - prompt);
    Sequence[] sequences = new Sequence[n];
    float[][] out = new float[n][logits.length];
    int[] next = new int[n];
    try {
      for (int i = 0; i < n; i++) {
        sequences[i] = decoder.newSequence();
        decoder.prefill(sequences[i], tokens, 0, prompt, logits);
      }
      return median(
          n * steps,
          () -> {
            for (Sequence sequence : sequences) {
              sequence.truncate(prompt);
            }
            for (int step = 0; step < steps; step++) {
              for (int i = 0; i < n; i++) {
                next[i] = tokens[(step + 13 * i) % tokens.length];
              }
              decoder.step(sequences, n, next, out);
            }
          });
    } finally {
      for (Sequence sequence : sequences) {
        if (sequence != null) {
          sequence.close();
        }
      }
    }
  }

  /** Median rate, in {@code units} per second. */
  private double median(int units, Runnable work) {
    for (long end = clock.getAsLong() + nanos; clock.getAsLong() < end; ) {
      work.run();
    }
    double[] rates = new double[64];
    int runs = 0;
    decoder.profile().reset();
    long end = clock.getAsLong() + nanos;
    while (runs < MIN_RUNS || clock.getAsLong() < end) {
      long began = clock.getAsLong();
      work.run();
      rates = runs == rates.length ? Arrays.copyOf(rates, 2 * runs) : rates;
      rates[runs++] = units * 1e9 / (clock.getAsLong() - began);
    }
    parts = new LinkedHashMap<>();
    for (Map.Entry<Profile.Part, Double> part : decoder.profile().seconds().entrySet()) {
      if (part.getKey() != Profile.Part.OPTIMIZER) {
        parts.put(
            part.getKey().name().toLowerCase(Locale.ROOT), part.getValue() * 1e6 / runs / units);
      }
    }
    double[] sorted = Arrays.copyOf(rates, runs);
    Arrays.sort(sorted);
    return sorted[runs / 2];
  }
}

package dev.mneme.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.data.Hashes;
import dev.mneme.model.PackedBatch.Segment;
import dev.mneme.model.layer.Profile;
import dev.mneme.model.tensor.TensorScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * How fast a model trains on this machine: whole optimizer steps (forward, backward, clipping,
 * update) on one batch of random tokens. Steps run until HotSpot has compiled the kernels, then the
 * median of the measured ones is reported, with the time of each part of a step.
 */
public final class TrainBenchmark {
  private static final int LEAST_STEPS = 5;

  private TrainBenchmark() {}

  /**
   * What was measured.
   *
   * @param trainTokensPerSecond median over the measured steps
   * @param bestTokensPerSecond fastest measured step: what the machine does undisturbed
   * @param steps measured steps
   * @param processorShare processor time over elapsed time times threads: 1 on an idle machine, far
   *     below where others compete, and then the rates above say little
   * @param peakMemoryBytes the process's largest resident size so far, or what heap and tensors
   *     hold where the system does not tell
   * @param parameterBytes weights, their rounded copy and gradients
   * @param optimizerBytes moments
   * @param activationBytes largest use of activations and temporaries
   * @param millisecondsByPart mean time of a measured step by part
   * @param precision input type of matrix products
   * @param optimizer {@code muon} or {@code adamw}
   * @param library what multiplies matrices
   * @param isa the instruction set it uses here
   * @param threads threads computing
   */
  public record Result(
      @JsonProperty("train_tokens_per_second") double trainTokensPerSecond,
      @JsonProperty("best_tokens_per_second") double bestTokensPerSecond,
      @JsonProperty("steps") int steps,
      @JsonProperty("processor_share") double processorShare,
      @JsonProperty("batch") int batch,
      @JsonProperty("seq") int sequence,
      @JsonProperty("peak_memory_bytes") long peakMemoryBytes,
      @JsonProperty("parameter_bytes") long parameterBytes,
      @JsonProperty("optimizer_bytes") long optimizerBytes,
      @JsonProperty("activation_bytes") long activationBytes,
      @JsonProperty("milliseconds_by_part") Map<String, Double> millisecondsByPart,
      @JsonProperty("precision") String precision,
      @JsonProperty("optimizer") String optimizer,
      @JsonProperty("library") String library,
      @JsonProperty("isa") String isa,
      @JsonProperty("threads") int threads) {}

  /**
   * Trains on {@code batch} sequences of {@code sequence} predictions each. The model's weights
   * change.
   *
   * @param seconds time to warm up, and again to measure
   * @param clock nanoseconds from an arbitrary start
   */
  public static Result run(
      TrainableModel model, int batch, int sequence, double seconds, LongSupplier clock) {
    PackedBatch tokens = randomBatch(model.config(), batch, sequence);
    long budget = (long) (seconds * 1e9);
    steps(model, tokens, budget, clock);
    model.decoder().profile().reset();
    Duration busy = processorTime();
    long[] nanos = steps(model, tokens, budget, clock);
    busy = processorTime().minus(busy);
    int threads = model.decoder().compute().workers().threads();
    double share = busy.toNanos() / (double) (Arrays.stream(nanos).sum() * threads);
    Map<String, Double> parts = new LinkedHashMap<>();
    for (Map.Entry<Profile.Part, Double> part : model.decoder().profile().seconds().entrySet()) {
      parts.put(
          part.getKey().name().toLowerCase(Locale.ROOT), part.getValue() * 1e3 / nanos.length);
    }
    Arrays.sort(nanos);
    double perSecond = 1e9 * tokens.positions();
    TrainableModel.Memory memory = model.memory();
    var matMul = model.decoder().compute().matMul();
    return new Result(
        perSecond / nanos[nanos.length / 2],
        perSecond / nanos[0],
        nanos.length,
        share,
        batch,
        sequence,
        TensorScope.peakProcessBytes(),
        memory.parameterBytes(),
        memory.optimizerBytes(),
        memory.peakActivationBytes(),
        parts,
        model.decoder().products().name().toLowerCase(Locale.ROOT),
        model.optimizerConfig().kind().name().toLowerCase(Locale.ROOT),
        matMul.name(),
        matMul.isa(),
        threads);
  }

  /** Of the whole process: a garbage collector's share is our share. */
  private static Duration processorTime() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }

  private static PackedBatch randomBatch(ModelConfig config, int batch, int sequence) {
    SplittableRandom random = new SplittableRandom(Hashes.subSeed(1, "train-benchmark"));
    List<Segment> segments = new ArrayList<>();
    for (int s = 0; s < batch; s++) {
      segments.add(Segment.all(random.ints(sequence + 1, 0, config.vocabSize()).toArray()));
    }
    return PackedBatch.of(segments);
  }

  private static long[] steps(
      TrainableModel model, PackedBatch batch, long budget, LongSupplier clock) {
    List<Long> nanos = new ArrayList<>();
    long start = clock.getAsLong();
    while (nanos.size() < LEAST_STEPS || clock.getAsLong() - start < budget) {
      long before = clock.getAsLong();
      model.crossEntropy(batch, 1 / batch.weight());
      model.clipGradients(1);
      model.step(1e-4);
      nanos.add(clock.getAsLong() - before);
    }
    return nanos.stream().mapToLong(Long::longValue).toArray();
  }
}

package dev.mneme.dpo.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Scope;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.TrainingOptions;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * How many pairs a second preference training takes: full weights, AdamW, references computed
 * before the clock starts, random tokens of fixed lengths. The first epoch warms up and is not
 * counted.
 */
public final class DpoBenchmark {
  private DpoBenchmark() {}

  /**
   * @param pairsPerSecond pairs through forward, backward and update
   * @param promptTokens tokens of each prompt
   * @param replyTokens tokens of each reply
   * @param pairsPerStep pairs per optimizer step
   * @param steps steps that were counted
   * @param referenceMillis what computing the references took, outside the rate
   * @param peakMemoryBytes parameters, optimizer state and the largest set of activations
   * @param threads compute threads
   */
  public record Result(
      @JsonProperty("pairs_per_second") double pairsPerSecond,
      @JsonProperty("prompt_tokens") int promptTokens,
      @JsonProperty("reply_tokens") int replyTokens,
      @JsonProperty("pairs_per_step") int pairsPerStep,
      int steps,
      @JsonProperty("reference_millis") double referenceMillis,
      @JsonProperty("peak_memory_bytes") long peakMemoryBytes,
      int threads) {}

  /**
   * @param folder a checkpoint; its tokenizer is not needed
   * @param nanoTime a monotonic clock
   */
  public static Result run(
      Path folder,
      int promptTokens,
      int replyTokens,
      int pairsPerStep,
      int steps,
      TrainingOptions options,
      LongSupplier nanoTime) {
    int epochs = 2;
    DpoConfig config =
        DpoConfig.defaults().withRank(0).toBuilder()
            .rpoAlpha(0)
            .learningRate(1e-6)
            .epochs(epochs)
            .pairsPerStep(pairsPerStep)
            .pairsPerMicroBatch(pairsPerStep)
            .warmupFraction(0)
            .maxTokens(promptTokens + replyTokens)
            .replayFraction(0)
            .sftEpochs(0)
            .validationFraction(0)
            .patience(0)
            .klBudget(1e9)
            .build();
    try (TrainableModel model = TrainableModel.load(folder, OptimizerConfig.adamW(), options)) {
      int vocabulary = model.config().vocabSize();
      ReplyEncoder encoder =
          (prompt, reply) -> {
            var random =
                new SplittableRandom(
                    Hashes.subSeed(0, prompt.getLast().content(), reply.getLast().content()));
            int[] ids = new int[promptTokens + replyTokens];
            for (int i = 0; i < ids.length; i++) {
              ids[i] = random.nextInt(vocabulary);
            }
            return PackedBatch.Segment.from(promptTokens, ids);
          };
      var trainer = new DpoTrainer(model, "benchmark", encoder, config, null, nanoTime);
      List<StepMetrics> metrics = new ArrayList<>();
      long[] at = new long[1 + epochs * steps];
      at[0] = nanoTime.getAsLong();
      trainer.train(
          pairs(pairsPerStep * steps),
          List.of(),
          null,
          step -> {
            metrics.add(step);
            at[metrics.size()] = nanoTime.getAsLong();
          });
      double counted = (at[epochs * steps] - at[steps]) / 1e9;
      double firstStep = (at[1] - at[0]) / 1e6 - (at[2] - at[1]) / 1e6;
      return new Result(
          pairsPerStep * steps / counted,
          promptTokens,
          replyTokens,
          pairsPerStep,
          steps,
          Math.max(0, firstStep),
          model.memory().total(),
          options.threads());
    }
  }

  private static List<PreferencePair> pairs(int n) {
    var scope = new Scope("benchmark", "benchmark", "benchmark", "benchmark");
    List<PreferencePair> pairs = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      pairs.add(
          new PreferencePair(
              Integer.toString(i),
              scope,
              PreferencePair.Origin.IMPORTED,
              List.of(Message.user("prompt " + i)),
              List.of(Message.assistant("chosen")),
              List.of(Message.assistant("rejected")),
              PairWeight.ONE,
              Instant.EPOCH,
              List.of()));
    }
    return pairs;
  }
}

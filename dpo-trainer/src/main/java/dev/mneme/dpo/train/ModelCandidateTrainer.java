package dev.mneme.dpo.train;

import dev.mneme.data.Json;
import dev.mneme.data.TrainingExample;
import dev.mneme.dpo.cycle.CandidateTrainer;
import dev.mneme.dpo.cycle.TrainingSet;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.TrainingOptions;
import dev.mneme.model.text.ChatTemplate;
import dev.mneme.model.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;

/**
 * The production {@link CandidateTrainer}: loads the active checkpoint, trains it with {@link
 * DpoTrainer}, writes a whole checkpoint folder. One run at a time.
 */
public final class ModelCandidateTrainer implements CandidateTrainer {
  private final DpoConfig config;
  private final TrainingOptions options;
  private final @Nullable Supplier<Iterator<TrainingExample>> replay;
  private final @Nullable Path referenceCache;
  private final InstantSource clock;
  private final LongSupplier nanoTime;

  /**
   * @param replay gives earlier supervised data, endless; null for none
   * @param referenceCache where reference log-probabilities are kept; null for nowhere
   */
  public ModelCandidateTrainer(
      DpoConfig config,
      TrainingOptions options,
      @Nullable Supplier<Iterator<TrainingExample>> replay,
      @Nullable Path referenceCache,
      InstantSource clock,
      LongSupplier nanoTime) {
    this.config = config;
    this.options = options;
    this.replay = replay;
    this.referenceCache = referenceCache;
    this.clock = clock;
    this.nanoTime = nanoTime;
  }

  @Override
  public long diskBytesNeeded(Path active) {
    try (Stream<Path> files = Files.walk(active)) {
      // Candidates are written in f32 whatever the parent's precision, so twice covers bf16
      // parents.
      return 2 * files.filter(Files::isRegularFile).mapToLong(ModelCandidateTrainer::size).sum();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + active, e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  @Override
  public Map<String, Double> train(
      Path active, TrainingSet set, Path out, Consumer<StepMetrics> listener) {
    return trainSummary(active, set, out, listener).figures();
  }

  /** As {@link #train}, with the whole summary. */
  public TrainingSummary trainSummary(
      Path active, TrainingSet set, Path out, Consumer<StepMetrics> listener) {
    OptimizerConfig optimizer =
        config.optimizer().equals("muon") ? OptimizerConfig.muon() : OptimizerConfig.adamW();
    try (Tokenizer tokenizer = Tokenizer.open(active);
        TrainableModel model = TrainableModel.load(active, optimizer, options)) {
      ChatTemplate template = ChatTemplate.open(active, tokenizer, clock);
      var trainer =
          new DpoTrainer(
              model,
              CheckpointRegistry.contentHashOf(active),
              new ChatReplyEncoder(template),
              config,
              referenceCache,
              nanoTime);
      TrainingSummary summary =
          trainer.train(set.trainPairs(), set.replies(), replay(template), listener);
      model.save(out);
      copyOthers(active, out);
      return summary;
    }
  }

  private @Nullable Iterator<PackedBatch.Segment> replay(ChatTemplate template) {
    if (replay == null || config.replayFraction() == 0) {
      return null;
    }
    Iterator<TrainingExample> examples = replay.get();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return examples.hasNext();
      }

      @Override
      public PackedBatch.Segment next() {
        ChatTemplate.Labelled labelled = template.label(examples.next());
        float[] weights = new float[labelled.ids().length];
        for (int i = 1; i < weights.length; i++) {
          weights[i] = labelled.loss()[i] ? 1 : 0;
        }
        return PackedBatch.Segment.of(labelled.ids(), weights);
      }
    };
  }

  /** Tokenizer, template and the like; weights and config.json were written by the model. */
  private static void copyOthers(Path from, Path to) {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        Path target = to.resolve(name);
        boolean weights = name.contains(".safetensors");
        if (!weights && !name.equals("mneme.json") && !Files.exists(target)) {
          Files.copy(file, target);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot copy from " + from + " to " + to, e);
    }
  }

  @Override
  public Map<String, Object> config() {
    return Json.mapper().convertValue(config, new TypeReference<>() {});
  }
}

package dev.mneme.dpo.train;

import dev.mneme.data.FileTrees;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.RatedReply;
import dev.mneme.dpo.cycle.CandidateTrainer;
import dev.mneme.dpo.cycle.TrainingSet;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.TrainingOptions;
import dev.mneme.model.checkpoint.CheckpointBlend;
import dev.mneme.model.checkpoint.CheckpointReader;
import dev.mneme.model.lora.LoraAdapter;
import dev.mneme.model.text.ChatTemplate;
import dev.mneme.model.text.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;

/**
 * The production {@link CandidateTrainer}: loads the active checkpoint, trains it with {@link
 * DpoTrainer}, writes a whole checkpoint folder. One run at a time.
 */
public final class ModelCandidateTrainer implements CandidateTrainer {
  /** See {@link #memoryNeeded}. */
  private static final long FLAT_BYTES = 3L << 29;

  /** Where low-rank updates stand on their own, inside the checkpoint they are merged into. */
  private static final String ADAPTER = "adapter";

  private final DpoConfig config;
  private final TrainingOptions options;
  private final @Nullable ReplaySource replay;
  private final @Nullable Path referenceCache;
  private final InstantSource clock;
  private final LongSupplier nanoTime;

  /**
   * @param replay gives earlier supervised data; null for none
   * @param referenceCache where reference log-probabilities are kept; null for nowhere
   */
  public ModelCandidateTrainer(
      DpoConfig config,
      TrainingOptions options,
      @Nullable ReplaySource replay,
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

  /**
   * About how many bytes of memory a training takes: per parameter the weight, its rounded copy and
   * its gradient, twice, because the model it is held to is asked before the first step (the two
   * moments that come then take less); and a flat part for activations, data and the virtual
   * machine, generous for models of our size.
   */
  public static long memoryNeeded(Path active) {
    try (CheckpointReader reader = CheckpointReader.open(active)) {
      return reader.config().parameterCount() * 2 * (4 + 2 + 4) + FLAT_BYTES;
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
      Path active, Path heldTo, TrainingSet set, Path out, Consumer<StepMetrics> listener) {
    return train(active, heldTo, set, out, null, listener).figures();
  }

  /** As {@link #train}, held to {@code active}, with the whole summary. */
  public TrainingSummary trainSummary(
      Path active, TrainingSet set, Path out, Consumer<StepMetrics> listener) {
    return trainSummary(active, set, out, null, listener);
  }

  /**
   * As {@link #train}, held to {@code active}, with the whole summary, and going on where a killed
   * run left off.
   *
   * @param states where the run keeps its state; deleted once {@code out} is written. Null for none
   */
  public TrainingSummary trainSummary(
      Path active,
      TrainingSet set,
      Path out,
      @Nullable Path states,
      Consumer<StepMetrics> listener) {
    return train(active, active, set, out, states, listener);
  }

  private TrainingSummary train(
      Path active,
      Path heldTo,
      TrainingSet set,
      Path out,
      @Nullable Path states,
      Consumer<StepMetrics> listener) {
    return with(
        active,
        heldTo,
        set.trainPairs().size(),
        states,
        (model, trainer, template, earlier) -> {
          TrainingSummary summary =
              trainer.train(set.trainPairs(), set.replies(), earlier, listener);
          write(model, active, out, states);
          return summary;
        });
  }

  /** The supervised phase alone, from {@code active} into {@code out}. */
  public GroundingSummary ground(
      Path active, List<RatedReply> replies, Path out, Consumer<StepMetrics> listener) {
    return with(
        active,
        active,
        0,
        null,
        (model, trainer, template, earlier) -> {
          GroundingSummary summary = trainer.ground(replies, earlier, listener);
          write(model, active, out, null);
          return summary;
        });
  }

  /**
   * A trace together with whether the run came out as it did before.
   *
   * @param reproduced whether the retrained weights equal the candidate's, byte by byte
   */
  public record Traced(ReplyTrace.Result trace, boolean reproduced) {}

  /**
   * Trains once more from {@code parent} and says which evidence moved a reply.
   *
   * @param heldTo as in {@link #train} then
   * @param candidate what that training made, for comparison
   * @param share how much of the way the candidate went
   */
  public Traced trace(
      Path parent,
      Path heldTo,
      TrainingSet set,
      Path candidate,
      double share,
      List<Message> prompt,
      List<Message> reply) {
    return with(
        parent,
        heldTo,
        set.trainPairs().size(),
        null,
        (model, trainer, template, earlier) -> {
          float[] before = model.weights();
          ReplyTrace.Result result =
              ReplyTrace.of(
                  trainer,
                  model,
                  set.trainPairs(),
                  set.replies(),
                  earlier,
                  new ChatReplyEncoder(template).encode(prompt, reply));
          float[] retrained = CheckpointBlend.blend(before, model.weights(), share);
          try (TrainableModel made =
              TrainableModel.load(candidate, OptimizerConfig.adamW(), options)) {
            return new Traced(result, Arrays.equals(retrained, made.weights()));
          }
        });
  }

  @FunctionalInterface
  private interface Work<T> {
    T with(
        TrainableModel model,
        DpoTrainer trainer,
        ChatTemplate template,
        Rehearsal.@Nullable Source earlier);
  }

  /**
   * @param pairs that are trained on
   */
  private <T> T with(Path folder, Path heldTo, int pairs, @Nullable Path states, Work<T> work) {
    OptimizerConfig optimizer =
        config.optimizer().equals("muon") ? OptimizerConfig.muon() : OptimizerConfig.adamW();
    try (Tokenizer tokenizer = Tokenizer.open(folder);
        TrainableModel model =
            TrainableModel.load(folder, optimizer, options, config.lora(), config.seed())) {
      ChatTemplate template = ChatTemplate.open(folder, tokenizer, clock);
      var trainer =
          new DpoTrainer(
              model,
              CheckpointRegistry.contentHashOf(folder),
              new ChatReplyEncoder(template),
              config.forPairs(pairs),
              referenceCache,
              states,
              nanoTime);
      return work.with(model, trainer, template, earlier(folder, heldTo, template, model));
    }
  }

  /** A whole checkpoint, low-rank updates merged; these also on their own, as PEFT keeps them. */
  private static void write(TrainableModel model, Path from, Path out, @Nullable Path states) {
    LoraAdapter lora = model.lora();
    if (lora != null) {
      lora.save(out.resolve(ADAPTER));
    }
    model.save(out);
    copyOthers(from, out);
    if (states != null) {
      FileTrees.discard(states);
    }
  }

  @Override
  public void goPartOfTheWay(Path active, Path trained, double share, Path out) {
    CheckpointBlend.write(active, trained, share, out);
    Path adapter = trained.resolve(ADAPTER);
    if (Files.isDirectory(adapter)) {
      LoraAdapter.copyPart(adapter, out.resolve(ADAPTER), share);
    }
    copyOthers(active, out);
  }

  /**
   * What is rehearsed, and what {@code heldTo} predicts in it; while that is asked, two models are
   * in memory.
   */
  private Rehearsal.@Nullable Source earlier(
      Path folder, Path heldTo, ChatTemplate template, TrainableModel model) {
    ReplaySource source = replay;
    if (source == null) {
      return null;
    }
    return tokens -> {
      var texts = texts(source.from(heldTo), template, model.config().maxPositions());
      if (heldTo.equals(folder)) {
        return new Rehearsal(model, texts, tokens);
      }
      try (TrainableModel asked = TrainableModel.load(heldTo, OptimizerConfig.adamW(), options)) {
        return new Rehearsal(asked, texts, tokens);
      }
    };
  }

  /** Examples longer than the model's context are passed over, as everywhere in training. */
  private static Iterator<Rehearsal.Text> texts(
      Iterator<ReplaySource.Earlier> examples, ChatTemplate template, int longest) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return examples.hasNext();
      }

      @Override
      public Rehearsal.Text next() {
        ReplaySource.Earlier earlier = examples.next();
        ChatTemplate.Labelled labelled = template.label(earlier.example());
        while (labelled.ids().length > longest) {
          earlier = examples.next();
          labelled = template.label(earlier.example());
        }
        return new Rehearsal.Text(
            PackedBatch.Segment.of(labelled.ids(), earlier.hold().weights(labelled.loss())),
            earlier.hold() == ReplaySource.Hold.WORDS);
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

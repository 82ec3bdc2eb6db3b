package dev.mneme.benchmarks;

import dev.mneme.model.Attention;
import dev.mneme.model.Family;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.Moe;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.PackedBatch.Segment;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.TrainingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does one training step of the starter shape (23.3 million parameters, 16 experts) cost on 16
 * x 256 tokens, with each optimizer? 4,096 divided by the time is tokens per second.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(3)
@Warmup(iterations = 4, time = 3)
@Measurement(iterations = 5, time = 3)
public class TrainStepBenchmark {
  private static final int SEQUENCES = 16;
  private static final int LENGTH = 256;

  @Param({"ADAMW", "MUON"})
  public OptimizerConfig.Kind optimizer = OptimizerConfig.Kind.ADAMW;

  private @Nullable TrainableModel model;
  private @Nullable PackedBatch batch;
  private double loss;

  static ModelConfig starter() {
    return new ModelConfig(
        Family.DEEPSEEK_V3,
        4096,
        320,
        6,
        896,
        new Attention.Mla(5, 128, 64, 32, 32, 64),
        new Moe(16, 2, 1, 224, 1, 1, Moe.Scoring.SIGMOID, true, true, 1, 1),
        10_000,
        null,
        1e-6,
        2048,
        false,
        0,
        0.02,
        null,
        List.of());
  }

  /** A model with random weights and a batch of random tokens. */
  @Setup
  public void open() {
    OptimizerConfig config =
        optimizer == OptimizerConfig.Kind.MUON ? OptimizerConfig.muon() : OptimizerConfig.adamW();
    model = TrainableModel.initialize(starter(), 1, config, TrainingOptions.defaults());
    SplittableRandom random = new SplittableRandom(1);
    List<Segment> segments = new ArrayList<>();
    for (int s = 0; s < SEQUENCES; s++) {
      segments.add(Segment.all(random.ints(LENGTH + 1, 0, 4096).toArray()));
    }
    batch = PackedBatch.of(segments);
  }

  /** Forward, backward, clipping, update. */
  @Benchmark
  public double step() {
    if (model == null || batch == null) {
      throw new IllegalStateException("set up first");
    }
    loss = model.crossEntropy(batch, 1 / batch.weight()) / batch.weight();
    model.clipGradients(1);
    model.step(1e-3);
    return loss;
  }

  /** A batch seen this often is half learned by heart. */
  @TearDown
  public void close() {
    if (model != null) {
      model.close();
    }
    if (!(loss < 7)) {
      throw new IllegalStateException("the loss is " + loss + "; the step's time means nothing");
    }
  }
}

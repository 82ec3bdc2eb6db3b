package dev.mneme.benchmarks;

import dev.mneme.data.FileTrees;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.TrainingOptions;
import dev.mneme.model.serve.CpuDecoder;
import dev.mneme.model.serve.Precision;
import dev.mneme.model.serve.Prefill;
import dev.mneme.model.serve.Sequence;
import dev.mneme.model.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * One decoding step of the starter shape on one thread: the panel kernels of each precision with as
 * many vectors as there are sequences, and attention to caches of {@code length} tokens.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DecodeBenchmark {
  @Param({"F32", "BF16", "INT8"})
  Precision precision = Precision.BF16;

  @Param({"1", "2", "4", "16"})
  int sequences;

  @Param({"16", "512"})
  int length;

  private Path folder = Path.of("");
  private @Nullable CpuDecoder decoder;
  private Sequence[] open = {};
  private int[] next = {};
  private float[][] logits = {};

  /** Writes a random checkpoint, loads it and fills the caches. */
  @Setup
  @SuppressWarnings("MustBeClosedChecker") // closed in close()
  public void open() throws IOException {
    ModelConfig config = TrainStepBenchmark.starter();
    folder = Files.createTempDirectory("decode-benchmark");
    try (TrainableModel model =
        TrainableModel.initialize(
            config, 1, OptimizerConfig.adamW(), new TrainingOptions(DType.F32, 1))) {
      model.save(folder);
    }
    CpuDecoder opened = CpuDecoder.open(folder, precision, Prefill.INVARIANT, 1);
    decoder = opened;
    open = new Sequence[sequences];
    next = new int[sequences];
    logits = new float[sequences][config.vocabSize()];
    for (int i = 0; i < sequences; i++) {
      int[] prompt = new int[length];
      for (int t = 0; t < length; t++) {
        prompt[t] = (31 * i + 17 * t) % config.vocabSize();
      }
      open[i] = opened.newSequence();
      opened.prefill(open[i], prompt, 0, length, logits[i]);
      next[i] = 13 * i + 1;
    }
  }

  /** One token for every sequence. */
  @Benchmark
  public float[][] step() {
    if (decoder == null) {
      throw new IllegalStateException("set up first");
    }
    for (int i = 0; i < sequences; i++) {
      open[i].truncate(length);
      next[i] = (next[i] + 7) % logits[i].length;
    }
    decoder.step(open, sequences, next, logits);
    return logits;
  }

  /** Frees native memory and the folder. */
  @TearDown
  public void close() throws IOException {
    for (Sequence sequence : open) {
      sequence.close();
    }
    if (decoder != null) {
      decoder.close();
    }
    FileTrees.delete(folder);
  }
}

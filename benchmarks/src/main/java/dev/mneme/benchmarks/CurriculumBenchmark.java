package dev.mneme.benchmarks;

import dev.mneme.data.Message;
import dev.mneme.data.curriculum.Curriculum;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How many characters of curriculum a second one thread makes: must outrun any trainer. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CurriculumBenchmark {
  private final Curriculum curriculum = Curriculum.load();
  private long index;

  /** One example an operation. */
  @Benchmark
  public int example() {
    int characters = 0;
    for (Message each : curriculum.example(1, index++, false).messages()) {
      characters += each.content().length();
    }
    if (characters == 0) {
      throw new IllegalStateException("example " + (index - 1) + " is empty");
    }
    return characters;
  }
}

package dev.mneme.model.serve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.mneme.model.GoldenCheckpoints;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Decoding allocates nothing once HotSpot has compiled it.
 *
 * <p>Each precision is measured in a process of its own, as a user's is: in the process of the
 * other tests what HotSpot has learnt from them (sizes, precisions, slow paths) keeps some objects
 * alive.
 */
final class SteadyDecodingTest {
  @ParameterizedTest
  @EnumSource(Precision.class)
  void steadyDecodingAllocatesNothing(Precision precision)
      throws IOException, InterruptedException {
    Path root = Path.of(System.getProperty("mneme.root"));
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + root.resolve("jvm.options"),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                Decoding.class.getName(),
                precision.name())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String printed = new String(child.getInputStream().readAllBytes(), UTF_8).strip();
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(printed).as("what the process printed").isNotEmpty();
    // The backend logs to the same stream before.
    String last = printed.lines().toList().getLast();
    assertThat(Double.parseDouble(last)).as("bytes a token").isLessThan(64);
  }

  /** Decodes until a round allocates next to nothing, or long enough; prints bytes a token. */
  static final class Decoding {
    private static final int SEQUENCES = 3;
    private static final int STEPS = 50;
    private static final long PATIENCE_NANOS = 300_000_000_000L;

    private Decoding() {}

    @SuppressWarnings("MustBeClosedChecker") // closed one by one at the end
    public static void main(String[] args) throws IOException {
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      Precision precision = Precision.valueOf(args[0]);
      try (CpuDecoder decoder =
          CpuDecoder.open(GoldenCheckpoints.folder("deepseek-v3"), precision, 1)) {
        var sequences = new Sequence[SEQUENCES];
        var logits = new float[SEQUENCES][decoder.config().vocabSize()];
        int[] next = {1, 2, 3};
        for (int i = 0; i < SEQUENCES; i++) {
          sequences[i] = decoder.newSequence();
          decoder.prefill(sequences[i], next, 0, 3, logits[i]);
        }
        double bytes = Double.MAX_VALUE;
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (bytes >= 64 && System.nanoTime() < end) {
          for (Sequence sequence : sequences) {
            sequence.truncate(3);
          }
          long before = threads.getCurrentThreadAllocatedBytes();
          for (int step = 0; step < STEPS; step++) {
            decoder.step(sequences, SEQUENCES, next, logits);
          }
          bytes = (threads.getCurrentThreadAllocatedBytes() - before) / (double) SEQUENCES / STEPS;
        }
        for (Sequence sequence : sequences) {
          sequence.close();
        }
        System.out.println(bytes);
      }
    }
  }
}

package dev.mneme.model.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.model.GoldenCheckpoints;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.TensorSpec;
import dev.mneme.model.checkpoint.CheckpointException;
import dev.mneme.model.checkpoint.CheckpointReader;
import dev.mneme.model.checkpoint.CheckpointWriter;
import dev.mneme.model.checkpoint.DType;
import dev.mneme.model.checkpoint.TensorSource;
import dev.mneme.model.kernel.MatMul;
import dev.mneme.model.tensor.TensorScope;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CpuDecoderTest {
  private static final int VOCABULARY = 320;

  @TempDir private Path temp;
  private long allocations;

  @BeforeEach
  void countAllocations() {
    allocations = TensorScope.liveAllocations();
  }

  @AfterEach
  void nothingStaysInMemory() {
    assertThat(TensorScope.liveAllocations()).isEqualTo(allocations);
  }

  private static Stream<Arguments> modelsAndPrecisions() {
    return GoldenCheckpoints.names()
        .flatMap(name -> Stream.of(Precision.values()).map(p -> Arguments.of(name, p)));
  }

  private static int[] randomTokens(int n, long seed) {
    return new SplittableRandom(seed).ints(n, 0, VOCABULARY).toArray();
  }

  private static float[] row(float[] logits, int token) {
    float[] out = new float[VOCABULARY];
    System.arraycopy(logits, token * VOCABULARY, out, 0, VOCABULARY);
    return out;
  }

  /** Every loop sums in one order, so what must be equal is equal to the last bit. */
  @ParameterizedTest
  @MethodSource("modelsAndPrecisions")
  void cachedDecodingEqualsTheFullForwardPass(String name, Precision precision) {
    int[] ids = randomTokens(150, 1);
    try (Decoder decoder = CpuDecoder.open(GoldenCheckpoints.folder(name), precision, 2);
        Sequence sequence = decoder.newSequence()) {
      float[] full = decoder.logits(ids);
      float[] logits = new float[VOCABULARY];
      decoder.prefill(sequence, ids, 0, 5, logits);
      assertThat(logits).isEqualTo(row(full, 4));
      decoder.prefill(sequence, ids, 5, 11, logits);
      assertThat(logits).isEqualTo(row(full, 10));
      for (int i = 11; i < ids.length; i++) {
        decoder.step(new Sequence[] {sequence}, 1, new int[] {ids[i]}, new float[][] {logits});
        assertThat(logits).isEqualTo(row(full, i));
      }
      assertThat(sequence.length()).isEqualTo(ids.length);
      sequence.truncate(20);
      decoder.step(new Sequence[] {sequence}, 1, new int[] {ids[20]}, new float[][] {logits});
      assertThat(logits).isEqualTo(row(full, 20));
    }
  }

  @ParameterizedTest
  @MethodSource("modelsAndPrecisions")
  @SuppressWarnings("MustBeClosedChecker") // closed one by one at the end
  void aSequenceDoesNotFeelWhoSharesItsBatch(String name, Precision precision) {
    int n = 21;
    try (Decoder decoder = CpuDecoder.open(GoldenCheckpoints.folder(name), precision, 2)) {
      float[][] alone = new float[n][VOCABULARY];
      float[][] together = new float[n][VOCABULARY];
      Sequence[] sequences = new Sequence[n];
      int[] next = new int[n];
      for (int i = 0; i < n; i++) {
        int[] ids = randomTokens(3 + 2 * i, i);
        next[i] = i;
        try (Sequence s = decoder.newSequence()) {
          decoder.prefill(s, ids, 0, ids.length, alone[i]);
          decoder.step(new Sequence[] {s}, 1, new int[] {i}, new float[][] {alone[i]});
        }
        // The last becomes the first: the order must not matter either.
        sequences[n - 1 - i] = decoder.newSequence();
        decoder.prefill(sequences[n - 1 - i], ids, 0, ids.length, together[i]);
      }
      int[] reversed = new int[n];
      for (int i = 0; i < n; i++) {
        reversed[i] = next[n - 1 - i];
      }
      decoder.step(sequences, n, reversed, together);
      for (int i = 0; i < n; i++) {
        assertThat(together[n - 1 - i]).as("sequence " + i).isEqualTo(alone[i]);
        sequences[i].close();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.mneme.model.GoldenCheckpoints#names")
  void aForkEqualsComputingItsPrefixAgain(String name) {
    int[] ids = randomTokens(200, 3);
    try (Decoder decoder = CpuDecoder.open(GoldenCheckpoints.folder(name), Precision.F32, 2);
        Sequence parent = decoder.newSequence();
        Sequence fresh = decoder.newSequence()) {
      float[] a = new float[VOCABULARY];
      float[] b = new float[VOCABULARY];
      decoder.prefill(parent, ids, 0, 200, a);
      try (Sequence fork = decoder.fork(parent, 130)) {
        parent.truncate(10); // the fork lives on its own
        decoder.prefill(fork, ids, 7, 20, a);
        decoder.prefill(fresh, ids, 0, 130, b);
        decoder.prefill(fresh, ids, 7, 20, b);
        assertThat(fork.length()).isEqualTo(143);
      }
      assertThat(a).isEqualTo(b);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.mneme.model.GoldenCheckpoints#names")
  void theNumberOfThreadsChangesNoBit(String name) {
    int[] ids = randomTokens(60, 4);
    List<float[]> results = new ArrayList<>();
    for (int threads : new int[] {1, 2, 3, 5}) {
      try (Decoder decoder =
          CpuDecoder.open(GoldenCheckpoints.folder(name), Precision.BF16, threads)) {
        results.add(decoder.logits(ids));
      }
    }
    assertThat(results).allSatisfy(r -> assertThat(r).isEqualTo(results.get(0)));
  }

  /** What a seeded simulation needs: no cut of a prompt, batch or thread moves a bit. */
  @ParameterizedTest
  @MethodSource("modelsAndPrecisions")
  @SuppressWarnings("MustBeClosedChecker") // closed one by one at the end
  void anInvariantPrefillDoesNotFeelPrefixCacheBatchOrThreads(String name, Precision precision) {
    int[] ids = randomTokens(76, 12);
    int[] more = randomTokens(3, 13);
    List<float[]> results = new ArrayList<>();
    for (int threads : new int[] {1, 3}) {
      try (Decoder decoder =
          CpuDecoder.open(GoldenCheckpoints.folder(name), precision, Prefill.INVARIANT, threads)) {
        for (int batch : threads == 1 ? new int[] {1, 3, 16, 70} : new int[] {2}) {
          Sequence[] sequences = new Sequence[batch];
          float[][] logits = new float[batch][VOCABULARY];
          int[] next = new int[batch];
          for (int i = 0; i < batch; i++) {
            // None, some and nearly all of the prompt come from what was kept.
            int kept = i % 16 * 75 / 15;
            try (Sequence parent = decoder.newSequence()) {
              if (kept > 0) {
                decoder.prefill(parent, ids, 0, Math.min(ids.length, kept + 7), logits[i]);
              }
              sequences[i] = decoder.fork(parent, kept);
            }
            decoder.prefill(sequences[i], ids, kept, ids.length, logits[i]);
          }
          for (int token : more) {
            java.util.Arrays.fill(next, token);
            decoder.step(sequences, batch, next, logits);
          }
          for (int i = 0; i < batch; i++) {
            results.add(logits[i].clone());
            sequences[i].close();
          }
        }
      }
    }
    assertThat(results).hasSize(92).allSatisfy(r -> assertThat(r).isEqualTo(results.get(0)));
  }

  /** Two bytes a weight: long prompts are rounded to bf16 for the matrix product. */
  @ParameterizedTest
  @ValueSource(strings = {"deepseek-v2-lite", "llama-gqa"})
  void aPromptRoundedToBf16StaysClose(String name) {
    int[] ids = randomTokens(150, 9);
    for (Precision precision : new Precision[] {Precision.BF16, Precision.INT8}) {
      try (CpuDecoder decoder = CpuDecoder.open(GoldenCheckpoints.folder(name), precision, 2);
          Sequence sequence = decoder.newSequence()) {
        float[] exact = row(decoder.logits(ids), ids.length - 1);
        float[] logits = new float[VOCABULARY];
        decoder.prefill(sequence, ids, 0, ids.length, logits);
        double sum = 0;
        for (int i = 0; i < VOCABULARY; i++) {
          sum += (logits[i] - exact[i]) * (logits[i] - exact[i]);
        }
        assertThat(Math.sqrt(sum / VOCABULARY)).isLessThan(0.03);
        if (MatMul.best().supports(dev.mneme.model.tensor.DType.BF16)) {
          assertThat(decoder.isa()).contains(MatMul.best().isa());
          assertThat(logits).isNotEqualTo(exact);
        } else {
          assertThat(logits).isEqualTo(exact);
        }
      }
    }
  }

  @Test
  void aLongPromptGoesThroughInPieces() {
    ModelConfig config = ModelConfig.read(GoldenCheckpoints.folder("llama-gqa"));
    int[] ids = randomTokens(2 * Batch.MAX_ROWS + 17, 5);
    assertThat(config.maxPositions()).isGreaterThan(ids.length);
    try (Decoder decoder =
            CpuDecoder.open(GoldenCheckpoints.folder("llama-gqa"), Precision.F32, 2);
        Sequence sequence = decoder.newSequence()) {
      float[] full = decoder.logits(ids);
      float[] logits = new float[VOCABULARY];
      decoder.prefill(sequence, ids, 0, ids.length, logits);
      assertThat(logits).isEqualTo(row(full, ids.length - 1));
      assertThat(sequence.cacheBytes()).isGreaterThanOrEqualTo(4L * 3 * 64 * ids.length);
    }
  }

  @Test
  void embeddingsAreReproducibleAndHaveTheirSizes() {
    int[] ids = randomTokens(30, 6);
    try (Decoder decoder =
        CpuDecoder.open(GoldenCheckpoints.folder("deepseek-v3"), Precision.F32, 2)) {
      TextEmbedding a = decoder.embed(ids);
      TextEmbedding b = decoder.embed(ids);
      assertThat(a.meanHidden()).hasSize(64).isEqualTo(b.meanHidden());
      assertThat(a.lastHidden()).hasSize(64).isNotEqualTo(a.meanHidden());
      // two mixture layers of eight experts, each a distribution
      assertThat(a.routerWeights()).hasSize(16).isEqualTo(b.routerWeights());
      double sum = 0;
      for (float w : a.routerWeights()) {
        sum += w;
      }
      assertThat(sum).isCloseTo(2, org.assertj.core.api.Assertions.within(1e-5));
      assertThat(decoder.embed(randomTokens(30, 7)).lastHidden()).isNotEqualTo(a.lastHidden());
    }
    try (Decoder decoder =
        CpuDecoder.open(GoldenCheckpoints.folder("llama-gqa"), Precision.F32, 2)) {
      assertThat(decoder.embed(ids).routerWeights()).isEmpty();
    }
  }

  @Test
  @SuppressWarnings("try") // closing early is what is tested
  void wrongInputIsRefusedBeforeAnythingIsComputed() {
    try (Decoder decoder =
            CpuDecoder.open(GoldenCheckpoints.folder("deepseek-v3"), Precision.F32, 2);
        Decoder other = CpuDecoder.open(GoldenCheckpoints.folder("deepseek-v3"), Precision.F32, 1);
        Sequence sequence = decoder.newSequence();
        Sequence foreign = other.newSequence()) {
      float[] logits = new float[VOCABULARY];
      assertThatThrownBy(() -> decoder.prefill(sequence, new int[] {1, 320}, 0, 2, logits))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("token id 320 at index 1 is beyond the vocabulary, expected 0 to 319");
      assertThatThrownBy(() -> decoder.logits(new int[] {-1}))
          .hasMessage("token id -1 at index 0 is beyond the vocabulary, expected 0 to 319");
      assertThatThrownBy(() -> decoder.prefill(sequence, new int[257], 0, 257, logits))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a text of 257 tokens is beyond the context, expected at most 256");
      decoder.prefill(sequence, new int[256], 0, 256, logits);
      assertThatThrownBy(
              () ->
                  decoder.step(new Sequence[] {sequence}, 1, new int[] {1}, new float[][] {logits}))
          .hasMessage("a text of 257 tokens is beyond the context, expected at most 256");
      sequence.truncate(3);
      assertThatThrownBy(() -> decoder.prefill(foreign, new int[] {1}, 0, 1, logits))
          .hasMessage("the sequence was made by another decoder");
      assertThatThrownBy(() -> decoder.prefill(sequence, new int[] {1}, 0, 1, new float[5]))
          .hasMessage("room for 5 logits, expected 320");
      assertThatThrownBy(() -> decoder.logits(new int[0]))
          .hasMessage("tokens 0 to 0 of 0: expected at least one");
      assertThatThrownBy(
              () ->
                  decoder.step(
                      new Sequence[] {sequence, sequence},
                      2,
                      new int[] {1, 2},
                      new float[][] {logits, logits}))
          .hasMessage("sequence 1 is sequence 0 again, expected each once");
      assertThat(sequence.length()).isEqualTo(3);
      sequence.close();
      assertThatThrownBy(() -> decoder.prefill(sequence, new int[] {1}, 0, 1, logits))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the sequence is closed");
    }
  }

  @Test
  @SuppressWarnings("try") // closing early is what is tested
  void aClosedDecoderRefusesWork() {
    try (Decoder decoder =
        CpuDecoder.open(GoldenCheckpoints.folder("llama-gqa"), Precision.F32, 2)) {
      decoder.close();
      decoder.close();
      assertThatThrownBy(() -> decoder.logits(new int[] {1}))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the decoder is closed");
    }
  }

  @Test
  void aBrokenCheckpointLeavesNothingLoaded() throws IOException {
    Path folder = Files.createDirectories(temp.resolve("broken"));
    Path golden = GoldenCheckpoints.folder("deepseek-v3");
    Files.copy(golden.resolve("config.json"), folder.resolve("config.json"));
    byte[] weights = Files.readAllBytes(golden.resolve("model.safetensors"));
    Files.write(folder.resolve("model.safetensors"), java.util.Arrays.copyOf(weights, 700_000));
    assertThatThrownBy(() -> CpuDecoder.open(folder, Precision.BF16, 2).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(folder.resolve("model.safetensors") + ": tensor ")
        .hasMessageContaining("truncated");
  }

  /** Shapes that are no multiple of anything, all options of the architecture, all file types. */
  @ParameterizedTest
  @MethodSource("oddModels")
  void oddShapesAgreeWithAPlainForwardPass(String json) {
    ModelConfig config = ModelConfig.parse("test", json);
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      Path folder = temp.resolve(type.name());
      writeRandom(folder, config, type, 11);
      int[] ids = new SplittableRandom(8).ints(50, 0, config.vocabSize()).toArray();
      float[] expected = new PlainForward(folder).logits(ids);
      try (Decoder exact = CpuDecoder.open(folder, Precision.F32, 2);
          Decoder two = CpuDecoder.open(folder, Precision.BF16, 2)) {
        assertThat(worst(exact.logits(ids), expected)).isLessThan(1e-4);
        assertThat(worst(two.logits(ids), expected)).isLessThan(type == DType.BF16 ? 1e-4 : 2e-2);
      }
    }
  }

  private static double worst(float[] a, float[] b) {
    assertThat(a).hasSameSizeAs(b);
    double worst = 0;
    for (int i = 0; i < a.length; i++) {
      worst = Math.max(worst, Math.abs(a[i] - b[i]));
    }
    return worst;
  }

  private static Stream<String> oddModels() {
    return Stream.of(
        """
        {"model_type": "deepseek_v3", "vocab_size": 83, "hidden_size": 50, "num_hidden_layers": 3,
         "intermediate_size": 70, "moe_intermediate_size": 22, "num_attention_heads": 3,
         "q_lora_rank": 26, "kv_lora_rank": 18, "qk_nope_head_dim": 10, "qk_rope_head_dim": 6,
         "v_head_dim": 14, "n_routed_experts": 12, "num_experts_per_tok": 4, "n_shared_experts": 2,
         "n_group": 4, "topk_group": 2, "first_k_dense_replace": 1, "routed_scaling_factor": 1.5,
         "rope_scaling": {"type": "yarn", "factor": 4, "original_max_position_embeddings": 16,
         "mscale": 1.0, "mscale_all_dim": 0.8}, "max_position_embeddings": 64}\
        """,
        """
        {"model_type": "deepseek_v2", "vocab_size": 70, "hidden_size": 34, "num_hidden_layers": 2,
         "intermediate_size": 40, "moe_intermediate_size": 18, "num_attention_heads": 2,
         "q_lora_rank": null, "kv_lora_rank": 12, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4,
         "v_head_dim": 6, "n_routed_experts": 6, "num_experts_per_tok": 2, "n_shared_experts": null,
         "n_group": 3, "topk_group": 2, "topk_method": "group_limited_greedy",
         "first_k_dense_replace": 0, "norm_topk_prob": false, "routed_scaling_factor": 16,
         "tie_word_embeddings": true, "max_position_embeddings": 64}\
        """,
        """
        {"model_type": "llama", "vocab_size": 97, "hidden_size": 42, "num_hidden_layers": 2,
         "intermediate_size": 58, "num_attention_heads": 6, "num_key_value_heads": 2,
         "head_dim": 10, "use_qk_norm": true, "rope_theta": 500.0, "rope_scaling":
         {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
         "original_max_position_embeddings": 20}, "max_position_embeddings": 64}\
        """);
  }

  private static void writeRandom(Path folder, ModelConfig config, DType type, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    try (Arena arena = Arena.ofConfined()) {
      List<TensorSource> tensors = new ArrayList<>();
      for (TensorSpec spec : config.tensors()) {
        MemorySegment data = arena.allocate(4 * spec.count(), 8);
        boolean matrix = spec.shape().size() == 2;
        double scale = matrix ? 1 / Math.sqrt(spec.shape().get(1)) : 0.1;
        double mean = matrix || spec.name().endsWith("bias") ? 0 : 1;
        for (long i = 0; i < spec.count(); i++) {
          data.setAtIndex(
              ValueLayout.JAVA_FLOAT, i, (float) (mean + scale * random.nextGaussian()));
        }
        tensors.add(TensorSource.floats(spec.name(), spec.shape(), data, type));
      }
      CheckpointWriter.write(folder, config, tensors, 20_000);
    }
    try (CheckpointReader written = CheckpointReader.open(folder)) {
      assertThat(written.dtype()).isEqualTo(type);
    }
  }
}
